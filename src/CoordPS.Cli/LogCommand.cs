using System.IO.Enumeration;
using System.Text.Encodings.Web;
using System.Text.Json;
using CoordPS.Storage;

namespace CoordPS.Cli;

/// <summary><c>coordps log</c>: prints transaction logs.</summary>
internal static class LogCommand
{
    private const string Help = """
        coordps log PATH... [options]

        Prints the transactions of logs, CoordPS's or Apache's, of a server that runs or not: who changed what, when. A PATH is a log file,
        a version-2 directory or a data directory; the logs of a directory are read as one.

          --from-zxid ZXID   the first wanted (decimal, or 0x and hexadecimal)
          --to-zxid ZXID     the last wanted
          --after TIME       made at this time or later
          --before TIME      made at this time or earlier
          --path PATTERN     that name such a znode, with * and ?
          --session ID       of one session
          --operation NAME   Create, SetData, Delete, SetAcl, Multi, CreateSession, CloseSession, Reconfig, Error, ...
          --follow           go on with what a server appends (one PATH)
          --json             one JSON object a line, data in base64

        A damaged log is exit code 3, with the file and the offset.
        """;

    // Data and paths are read by people; none of it goes into a web page.
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task<int> RunAsync(Arguments arguments, TextWriter output, CancellationToken cancellationToken = default)
    {
        if (arguments.WantsHelp)
        {
            await output.WriteLineAsync(Help).ConfigureAwait(false);
            return ExitCode.Success;
        }

        var json = arguments.Flag("--json");
        var follow = arguments.Flag("--follow");
        var filter = ReadFilter(arguments);
        var paths = arguments.Positionals("a log file or a data directory");
        if (follow && paths.Count > 1)
        {
            throw arguments.Wrong("--follow takes one path");
        }

        try
        {
            foreach (var path in paths)
            {
                if (!follow)
                {
                    foreach (var transaction in TransactionReader.Read(path, filter, Warn, cancellationToken))
                    {
                        await PrintAsync(transaction).ConfigureAwait(false);
                    }

                    continue;
                }

                await foreach (var transaction in TransactionReader.FollowAsync(path, filter, cancellationToken).ConfigureAwait(false))
                {
                    await PrintAsync(transaction).ConfigureAwait(false);
                    await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            return ExitCode.Success;
        }
        catch (StorageException e)
        {
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"coordps log: {e.Message}").ConfigureAwait(false);
            return ExitCode.Data;
        }

        Task PrintAsync(LoggedTransaction transaction) => output.WriteLineAsync(json ? Json(transaction) : Text(transaction));
    }

    private static TransactionFilter ReadFilter(Arguments arguments)
    {
        var pattern = arguments.Text("--path");
        var session = OfflineArguments.Zxid(arguments, "--session");
        var operation = arguments.Text("--operation");
        TransactionOperation wanted = default;
        if (operation is not null && !Enum.TryParse(operation, ignoreCase: true, out wanted))
        {
            throw arguments.Wrong($"--operation {operation}: must be one of {string.Join(", ", Enum.GetNames<TransactionOperation>())}");
        }

        return new TransactionFilter
        {
            FromZxid = OfflineArguments.Zxid(arguments, "--from-zxid") ?? 0,
            ToZxid = OfflineArguments.Zxid(arguments, "--to-zxid") ?? long.MaxValue,
            After = OfflineArguments.Time(arguments, "--after") ?? DateTimeOffset.MinValue,
            Before = OfflineArguments.Time(arguments, "--before") ?? DateTimeOffset.MaxValue,
            Sessions = session is { } id ? [id] : null,
            Operations = operation is null ? null : [wanted],
            Path = pattern is null ? null : path => FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false),
        };
    }

    private static void Warn(TornTail tail) => Console.Error.WriteLine(
        $"coordps log: '{tail.File}' ends in {tail.Length} bytes at offset {tail.Offset} that are no whole record: {tail.Reason}");

    private static string Text(LoggedTransaction t)
    {
        var what = t.Path ?? (t.Operation == TransactionOperation.Multi ? $"{t.Operations.Count} operations" : "");
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{OfflineArguments.Hex(t.Zxid)} {t.Time:yyyy-MM-dd'T'HH:mm:ss.fffK} {OfflineArguments.Hex(t.SessionId)} {t.Operation} {what} {t.Summary}").TrimEnd();
    }

    private static string Json(LoggedTransaction t)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("zxid", OfflineArguments.Hex(t.Zxid));
            json.WriteString("time", t.Time.UtcDateTime);
            json.WriteString("session", OfflineArguments.Hex(t.SessionId));
            json.WriteNumber("cxid", t.Cxid);
            if (t.Operation == TransactionOperation.Multi)
            {
                json.WriteString("operation", nameof(TransactionOperation.Multi));
                json.WriteStartArray("operations");
                foreach (var operation in t.Operations)
                {
                    json.WriteStartObject();
                    Write(json, operation);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }
            else
            {
                Write(json, t.Operations[0]);
            }

            json.WriteString("file", t.File);
            json.WriteNumber("offset", t.Offset);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, LoggedOperation operation)
    {
        json.WriteString("operation", operation.Operation.ToString());
        if (operation.Path is not null)
        {
            json.WriteString("path", operation.Path);
        }
        else if (operation.Paths.Count > 0)
        {
            json.WriteStartArray("paths");
            foreach (var path in operation.Paths)
            {
                json.WriteStringValue(path);
            }

            json.WriteEndArray();
        }

        if (operation.Mode is { } mode)
        {
            json.WriteString("mode", mode.ToString());
        }

        if (operation.TimeToLive is { } ttl)
        {
            json.WriteNumber("ttl", (long)ttl.TotalMilliseconds);
        }

        if (operation.Version is { } version)
        {
            json.WriteNumber("version", version);
        }

        if (operation.Data is { } data)
        {
            json.WriteBase64String("data", data);
        }

        if (operation.Acl is { } acl)
        {
            json.WriteString("acl", string.Join(',', acl));
        }

        if (operation.SessionTimeout is { } timeout)
        {
            json.WriteNumber("timeout", (long)timeout.TotalMilliseconds);
        }

        if (operation.Error is { } error)
        {
            json.WriteString("error", error.ToString());
        }
    }
}
