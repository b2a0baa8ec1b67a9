using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using CoordPS.Client;

namespace CoordPS.Cli.Bench;

/// <summary><c>coordps bench</c>: a load generator for any server that speaks ZooKeeper's protocol.</summary>
internal static class BenchCommand
{
    private const string Help = """
        coordps bench HOST:PORT[,HOST:PORT...] [options]

        Measures a ZooKeeper server: every session keeps a window of requests in flight.

          --operations LIST  some of create,set,get,exists,mixed,delete,watch,connect,load; default create,set,get,exists,mixed
          --sessions N       sessions; default 8
          --window N         requests in flight in each session; default 64
          --payload N        bytes of data; default 100
          --keys N           znodes that set, get, exists and mixed choose from; default 1000
          --reads N          percentage of reads in mixed; default 70
          --warmup SECONDS   not measured; default 2
          --duration SECONDS measured; default 5
          --count N          operations in all, in place of warm-up and duration (delete: 20000, load: 100000)
          --watchers N       sessions that watch one znode in watch; default 100
          --rounds N         changes of that znode; default 20
          --server-pid PIDS  the server's processes, for its CPU time and memory
          --keep             leave the znodes
          --label TEXT       goes into the JSON
          --json             one JSON object a line in place of the table

        connect opens a session, makes a request and closes it, in as many sessions at once. load creates --count znodes,
        a thousand in each parent. Latencies are from the call to its completion, in the client. Exit code 1 when an operation failed.
        """;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        if (arguments.WantsHelp)
        {
            await Console.Out.WriteLineAsync(Help).ConfigureAwait(false);
            return ExitCode.Success;
        }

        var json = arguments.Flag("--json");
        var options = Read(arguments);
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var errors = 0L;
        var table = new TextTable("Operation", "ops/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "errors", "server us/op", "server CPU %", "client CPU %");
        try
        {
            await new BenchRun(options).RunAsync(Report, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("coordps bench: interrupted").ConfigureAwait(false);
            errors++;
        }
        catch (ZooKeeperException e)
        {
            await Console.Error.WriteLineAsync($"coordps bench: {e.Message}").ConfigureAwait(false);
            errors++;
        }

        if (!json)
        {
            await Console.Out.WriteAsync(table.ToString()).ConfigureAwait(false);
        }

        return errors == 0 ? ExitCode.Success : ExitCode.Failure;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }

        void Report(BenchResult result)
        {
            errors += result.ErrorCount;
            if (json)
            {
                using var writer = new MemoryStream();
                using (var objects = new Utf8JsonWriter(writer))
                {
                    result.Write(objects, options);
                }

                Console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(writer.ToArray()));
            }
            else
            {
                AddRow(table, result, options.ServerPids.Count > 0);
            }
        }
    }

    private static BenchOptions Read(Arguments arguments)
    {
        var operations = (arguments.Text("--operations") ?? "create,set,get,exists,mixed").Split(',', StringSplitOptions.TrimEntries);
        if (Array.Find(operations, o => !BenchOptions.AllOperations.Contains(o)) is { } unknown)
        {
            throw arguments.Wrong($"--operations: '{unknown}' is none of {string.Join(", ", BenchOptions.AllOperations)}");
        }

        var options = new BenchOptions
        {
            Operations = operations,
            Sessions = arguments.Int32("--sessions", 8, 1),
            Window = arguments.Int32("--window", 64, 1),
            Payload = arguments.Int32("--payload", 100, 0),
            Keys = arguments.Int32("--keys", 1000, 1),
            Reads = arguments.Int32("--reads", 70, 0, 100),
            WarmUp = arguments.Seconds("--warmup", 2),
            Duration = arguments.Seconds("--duration", 5),
            Count = arguments.Int32("--count", 0, 1),
            Watchers = arguments.Int32("--watchers", 100, 1),
            Rounds = arguments.Int32("--rounds", 20, 1),
            ServerPids = [.. Pids(arguments)],
            Keep = arguments.Flag("--keep"),
            Label = arguments.Text("--label") ?? "",
            Address = "",
        };
        return options with { Address = arguments.Positional(1, "the server's HOST:PORT")[0] };
    }

    private static IEnumerable<int> Pids(Arguments arguments)
    {
        foreach (var text in (arguments.Text("--server-pid") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            yield return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                ? pid
                : throw arguments.Wrong($"--server-pid {text}: must be process ids separated by commas");
        }
    }

    private static void AddRow(TextTable table, BenchResult result, bool server)
    {
        table.Add(
            result.Operation, Number(result.PerSecond, "0"), Milliseconds(0.5), Milliseconds(0.99), Milliseconds(0.999), Milliseconds(1),
            Number(result.ErrorCount, "0"), server ? Number(result.ServerMicrosecondsPerOperation, "0.0") : "-",
            server ? Number(result.ServerPercent, "0") : "-", Number(result.ClientPercent, "0"));

        string Milliseconds(double quantile) => Number(result.Latency.Quantile(quantile) / 1000.0, "0.00");
        static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
