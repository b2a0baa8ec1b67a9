using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace CoordPS.Server.Tests;

/// <summary>
/// Mutated requests against a live server while another client works. The seed is in the output; set COORDPS_FUZZ_SEED to have a run
/// again and COORDPS_FUZZ_FRAMES for a longer one.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Workers = 4;
    private const int BatchSize = 8;

    [Fact]
    public async Task A_hundred_thousand_mutated_frames_leave_the_server_serving_and_nothing_behind()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("COORDPS_FUZZ_SEED"), out int given) ? given : Random.Shared.Next();
        int frames = int.TryParse(Environment.GetEnvironmentVariable("COORDPS_FUZZ_FRAMES"), out int count) ? count : 100_000;
        output.WriteLine($"COORDPS_FUZZ_SEED={seed}");
        using var log = new ErrorLog();
        List<Exception> unobserved = [];
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            lock (unobserved)
                unobserved.Add(e.Exception);
        }

        // What earlier tests have left to the collector is not counted here.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        try
        {
            await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ForceSync = false, SnapCount = 20_000, ContainerCheckInterval = 1000, MaxSessionTimeout = 8000 }, log);
            ZooKeeperClient other = await server.ConnectAsync();
            await other.CreateAsync("/other", [0]);
            await PrepareAsync(other);
            int sessions = server.Server.Sessions.Count;
            long memory = GC.GetTotalMemory(forceFullCollection: true);

            var done = new TaskCompletionSource();
            Task<(int Operations, TimeSpan Longest)> working = WorkAsync(other, done.Task);
            long start = Stopwatch.GetTimestamp();
            var tally = new ConcurrentDictionary<string, int>();
            Task fuzzing = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => FuzzAsync(server.Port, new Random(seed + worker), frames / Workers, tally))));
            // A server that stops says why.
            await await Task.WhenAny(server.Server.Completion, fuzzing);
            await fuzzing;
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            done.SetResult();
            (int operations, TimeSpan longest) = await working;

            await Eventually.TrueAsync(() => server.Server.Sessions.Count == sessions, "sessions that were fuzzed are gone");
            await Eventually.TrueAsync(() => server.Server.Connections.Count() == 1, "connections that were fuzzed are gone");
            lock (server.Server.Tree.Gate)
                Assert.Equal(0, server.Server.Tree.DataWatches.Count + server.Server.Tree.ChildWatches.Count);
            Assert.Equal(0, server.Server.InProcess);
            await other.CreateAsync("/served");
            using (RawConnection raw = await server.ConnectRawAsync())
                Assert.Equal(ErrorCode.Ok, (await raw.CallAsync(OpCode.Exists, new ExistsRequest("/served", false).Write)).Error);

            GC.Collect();
            GC.WaitForPendingFinalizers();
            long growth = GC.GetTotalMemory(forceFullCollection: true) - memory;
            output.WriteLine($"{frames} frames in {took.TotalSeconds:F1} s; {string.Join(", ", tally.OrderByDescending(t => t.Value).Select(t => $"{t.Key} {t.Value}"))}");
            output.WriteLine($"meanwhile {operations} operations of another client, the longest {longest.TotalMilliseconds:F0} ms; {server.Server.Tree.NodeCount} znodes, {growth / 1024} KiB more on the heap");
            Assert.True(operations > 0);
            Assert.InRange(growth, long.MinValue, 32 << 20);
            Assert.Empty(log.Errors);
            Assert.False(server.Server.Completion.IsCompleted);
            // What was done to the tree can be written and read again. Containers and TTL znodes go on being deleted as long as it serves.
            server.Server.Database.WriteSnapshot();
            await server.Server.StopAsync();
            int nodes = server.Server.Tree.NodeCount;
            server.Config = server.Config with { ContainerCheckInterval = 60_000 };
            await server.StartAsync();
            Assert.Equal(nodes, server.Server.Tree.NodeCount);
        }
        finally
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            TaskScheduler.UnobservedTaskException -= OnUnobserved;
        }

        Assert.Empty(unobserved);
        Assert.Empty(log.Errors);
    }

    /// <summary>What the valid requests are about, so that they do something before they are mutated.</summary>
    private static async Task PrepareAsync(ZooKeeperClient client)
    {
        await client.EnsurePathAsync("/fuzz/a/b");
        await client.CreateAsync("/fuzz/container", null, CreateMode.Container);
        await client.EnsurePathAsync("/zookeeper/quota/fuzz");
        await client.CreateAsync("/zookeeper/quota/fuzz/zookeeper_limits", Bytes.Of("count=-1,bytes=-1=;countHardLimit=5000"));
        await client.CreateAsync("/zookeeper/quota/fuzz/zookeeper_stats", Bytes.Of("count=0,bytes=0"));
    }

    private static async Task<(int Operations, TimeSpan Longest)> WorkAsync(ZooKeeperClient client, Task stop)
    {
        int operations = 0;
        TimeSpan longest = TimeSpan.Zero;
        while (!stop.IsCompleted)
        {
            long start = Stopwatch.GetTimestamp();
            Stat stat = await client.SetDataAsync("/other", BitConverter.GetBytes(operations), operations);
            Assert.Equal(operations + 1, stat.Version);
            Assert.Equal(operations, BitConverter.ToInt32((await client.GetDataAsync("/other")).Data));
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            longest = took > longest ? took : longest;
            operations++;
        }

        return (operations, longest);
    }

    private static async Task FuzzAsync(int port, Random random, int frames, ConcurrentDictionary<string, int> tally)
    {
        var mutator = new FrameMutator(random);
        for (int sent = 0; sent < frames;)
        {
            using RawConnection connection = await RawConnection.OpenAsync(port);
            if (random.Next(8) == 0)
            {
                // The connect request itself.
                await TrySendAsync(connection, mutator.Mutate(mutator.Connect()), random);
                sent++;
                tally.AddOrUpdate("connects", 1, (_, n) => n + 1);
                continue;
            }

            if (await connection.OpenSessionAsync(400) is null)
                throw new IOException("A sound connect request was refused.");
            byte[][] batch = [.. Enumerable.Range(0, BatchSize).Select(_ => mutator.Mutate(mutator.Request()))];
            sent += batch.Length;
            // A ping behind it all: its answer, or the end of the connection, says that the rest was handled.
            bool alive = await TrySendAsync(connection, [.. batch.SelectMany(f => f), .. RawConnection.Frame(Xids.Ping, OpCode.Ping)], random)
                && await AnsweredAsync(connection, tally);
            tally.AddOrUpdate(alive ? "sessions that went on" : "connections closed", 1, (_, n) => n + 1);
            if (alive && random.Next(2) == 0)
                await TrySendAsync(connection, RawConnection.Frame(1, OpCode.CloseSession), random);
        }
    }

    /// <summary>Sends bytes in pieces that end anywhere.</summary>
    private static async Task<bool> TrySendAsync(RawConnection connection, byte[] bytes, Random random)
    {
        try
        {
            for (int at = 0; at < bytes.Length;)
            {
                int length = Math.Min(bytes.Length - at, random.Next(4) == 0 ? 1 + random.Next(40) : 1 + random.Next(4000));
                await connection.SendAsync(bytes.AsMemory(at, length));
                at += length;
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Whether the ping is answered; false when the connection ends, or when a frame that announces more than there is swallows it.</summary>
    private static async Task<bool> AnsweredAsync(RawConnection connection, ConcurrentDictionary<string, int> tally)
    {
        using var wait = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await connection.ReceiveAsync(wait.Token) is { } reply)
            {
                if (reply.Header.Xid == Xids.Ping && reply.Body.Length == 0)
                    return true;
                tally.AddOrUpdate(reply.IsEvent ? "events" : $"replied {reply.Error}", 1, (_, n) => n + 1);
            }

            return false;
        }
        catch (Exception e) when (e is OperationCanceledException or JuteException)
        {
            return false;
        }
    }

    private sealed class ErrorLog : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Every message is made, as a log that writes them would.
            string message = formatter(state, exception);
            if (logLevel >= LogLevel.Error)
                Errors.Enqueue($"{message} {exception}");
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
