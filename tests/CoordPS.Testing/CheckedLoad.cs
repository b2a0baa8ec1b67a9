using System.Diagnostics;
using System.Globalization;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Testing;

/// <summary>
/// Clients that write to an ensemble without pause, whatever becomes of its members, and know afterwards what must be there. Each has a
/// counter that it sets under the condition of its version, and creates sequential znodes with a prefix that no other attempt has: so
/// a write that is lost and one that is carried out twice both show.
/// </summary>
public sealed class CheckedLoad : IAsyncDisposable
{
    private const int WritesPerCreate = 4;
    private const int CreatesPerParent = 500;

    private readonly string _root;
    private readonly List<Writer> _writers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _mayWrite = Released();
    private Awaited? _awaited;
    private long _acknowledged;

    private CheckedLoad(string root) => _root = root;

    /// <summary>Writes acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>The znodes whose creation was acknowledged. Final once the load has ended.</summary>
    public IEnumerable<string> Created => _writers.SelectMany(static writer => writer.Created);

    /// <summary>Connects one client to each of the servers given, and starts to write.</summary>
    /// <param name="connectionStrings">One for each client.</param>
    /// <param name="root">A znode that does not exist yet.</param>
    public static async Task<CheckedLoad> StartAsync(IEnumerable<string> connectionStrings, string root = "/load")
    {
        var load = new CheckedLoad(root);
        foreach (string connectionString in connectionStrings)
        {
            var writer = new Writer(load, load._writers.Count, connectionString);
            load._writers.Add(writer);
            await writer.ConnectAsync().ConfigureAwait(false);
        }

        foreach (Writer writer in load._writers)
            writer.Start();
        return load;
    }

    /// <summary>Lets the clients finish what they are at and wait.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            if (_mayWrite.Task.IsCompleted)
                _mayWrite = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets the clients go on.</summary>
    public void Resume()
    {
        lock (_gate)
            _mayWrite.TrySetResult();
    }

    /// <summary>Waits for that many more acknowledged writes.</summary>
    public Task WroteAsync(int more)
    {
        long goal = Acknowledged + more;
        return Eventually.TrueAsync(
            () => Acknowledged >= goal || (_writers.Find(static w => w.Loop.IsFaulted) is { } failed ? throw new InvalidOperationException("A client failed.", failed.Loop.Exception) : false),
            $"{more} more writes are acknowledged",
            LeaderLoss.Patience);
    }

    /// <summary>Waits for the first successful write that was begun after this call, and tells when it was acknowledged.</summary>
    /// <returns>The time, of <see cref="Stopwatch.GetTimestamp"/>.</returns>
    public async Task<long> NextWriteAsync(TimeSpan patience)
    {
        var awaited = new Awaited(Stopwatch.GetTimestamp());
        Volatile.Write(ref _awaited, awaited);
        return await awaited.Done.Task.WaitAsync(patience).ConfigureAwait(false);
    }

    /// <summary>Ends the load. What must be there is known now.</summary>
    public async Task StopAsync()
    {
        Resume();
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (Writer writer in _writers)
            await writer.Loop.ConfigureAwait(false);
    }

    /// <summary>Compares a tree, as <see cref="ProcessEnsemble.DumpAsync"/> has it, with what must be there.</summary>
    /// <returns>What is wrong, a line each; nothing when all is well.</returns>
    public IReadOnlyList<string> Check(IReadOnlyDictionary<string, string> tree)
    {
        List<string> wrong = [];
        Dictionary<string, int> made = [];
        foreach (string path in tree.Keys.Where(p => p.StartsWith(_root + "/p", StringComparison.Ordinal)))
        {
            int dash = path.IndexOf('-', StringComparison.Ordinal);
            if (dash < 0)
                continue;
            string attempt = path[..(dash + 1)];
            made[attempt] = made.GetValueOrDefault(attempt) + 1;
        }

        foreach (Writer writer in _writers)
            writer.Check(tree, made, wrong);
        wrong.AddRange(made.Select(static m => $"{m.Key} is there and no client made it"));
        return wrong;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Resume();
        await _stop.CancelAsync().ConfigureAwait(false);
        // A client whose member does not run would go on for ever: it is told that nobody waits for it any more.
        await _abandon.CancelAsync().ConfigureAwait(false);
        foreach (Writer writer in _writers)
            await writer.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        _abandon.Dispose();
    }

    private static TaskCompletionSource Released()
    {
        var released = new TaskCompletionSource();
        released.SetResult();
        return released;
    }

    private void Succeeded(long start)
    {
        long end = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _acknowledged);
        if (Volatile.Read(ref _awaited) is { } awaited && start >= awaited.From)
            awaited.Done.TrySetResult(end);
    }

    private sealed record Awaited(long From)
    {
        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Writer(CheckedLoad load, int number, string connectionString) : IAsyncDisposable
    {
        private readonly string _counter = string.Create(CultureInfo.InvariantCulture, $"{load._root}/c{number}");
        private readonly List<(string Attempt, string Path)> _created = [];
        private readonly List<string> _unknown = [];
        private ZooKeeperClient? _client;
        private int _version;
        private int _creates;
        private string _parent = "";

        public Task Loop { get; private set; } = Task.CompletedTask;

        public IEnumerable<string> Created => _created.Select(static one => one.Path);

        public async Task ConnectAsync()
        {
            _client = await ProcessEnsemble.ConnectAsync(connectionString).ConfigureAwait(false);
            await _client.EnsurePathAsync(load._root).ConfigureAwait(false);
            await _client.CreateAsync(_counter, Value(0)).ConfigureAwait(false);
        }

        public void Start() => Loop = Task.Run(RunAsync);

        public void Check(IReadOnlyDictionary<string, string> tree, Dictionary<string, int> made, List<string> wrong)
        {
            string expected = $"'{Convert.ToHexString(Value(_version))}' ";
            if (!tree.TryGetValue(_counter, out string? counter) || !counter.StartsWith(expected, StringComparison.Ordinal))
                wrong.Add($"{_counter} is {counter}, and the last acknowledged write was {expected}");
            foreach ((string attempt, string path) in _created)
            {
                if (!tree.ContainsKey(path))
                    wrong.Add($"{path} was acknowledged and is lost");
                if (made.Remove(attempt, out int times) && times > 1)
                    wrong.Add($"{attempt} was acknowledged once and made {times} times");
            }

            foreach (string attempt in _unknown)
            {
                if (made.Remove(attempt, out int times) && times > 1)
                    wrong.Add($"{attempt} was tried once and made {times} times");
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_client is not null)
                await _client.DisposeAsync().ConfigureAwait(false);
            await Loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_client is not null)
                await _client.DisposeAsync().ConfigureAwait(false);
        }

        private async Task RunAsync()
        {
            for (int i = 0; !load._stop.IsCancellationRequested; i++)
            {
                await load._mayWrite.Task.ConfigureAwait(false);
                if (i % WritesPerCreate != 0)
                    await CountAsync().ConfigureAwait(false);
                else
                    await CreateAsync().ConfigureAwait(false);
            }
        }

        /// <summary>Sets the counter to its next value. It goes on until it knows that this is done.</summary>
        private async Task CountAsync()
        {
            byte[] value = Value(_version + 1);
            bool tried = false;
            while (true)
            {
                long start = Stopwatch.GetTimestamp();
                try
                {
                    Stat stat = await _client!.SetDataAsync(_counter, value, _version).ConfigureAwait(false);
                    if (stat.Version != _version + 1)
                        throw new InvalidOperationException($"{_counter} was set under the condition of version {_version} and has version {stat.Version}.");
                    load.Succeeded(start);
                    break;
                }
                catch (BadVersionException) when (tried)
                {
                    // An attempt before this was carried out, and its answer lost.
                    if (await ReadAsync().ConfigureAwait(false) is not { } read)
                        continue;
                    if (read.Stat.Version != _version + 1 || !read.Data.AsSpan().SequenceEqual(value))
                        throw new InvalidOperationException($"{_counter} has version {read.Stat.Version}, and its only writer has written {_version + 1} at most.");
                    break;
                }
                catch (ZooKeeperException e) when (IsTransient(e))
                {
                    tried = true;
                    await RecoverAsync(e).ConfigureAwait(false);
                }
            }

            _version++;
        }

        private async Task CreateAsync()
        {
            if (_creates % CreatesPerParent == 0)
                await MakeParentAsync().ConfigureAwait(false);
            string attempt = string.Create(CultureInfo.InvariantCulture, $"{_parent}/{_creates++}-");
            long start = Stopwatch.GetTimestamp();
            try
            {
                CreateResult result = await _client!.CreateAsync(attempt, (byte[]?)null, CreateMode.PersistentSequential).ConfigureAwait(false);
                _created.Add((attempt, result.Path));
                load.Succeeded(start);
            }
            catch (ZooKeeperException e) when (IsTransient(e))
            {
                _unknown.Add(attempt);
                await RecoverAsync(e).ConfigureAwait(false);
            }
        }

        private async Task MakeParentAsync()
        {
            string parent = string.Create(CultureInfo.InvariantCulture, $"{load._root}/p{number}.{_creates / CreatesPerParent}");
            while (_parent != parent)
            {
                try
                {
                    await _client!.EnsurePathAsync(parent).ConfigureAwait(false);
                    _parent = parent;
                }
                catch (ZooKeeperException e) when (IsTransient(e))
                {
                    await RecoverAsync(e).ConfigureAwait(false);
                }
            }
        }

        private async Task<ZNodeData?> ReadAsync()
        {
            try
            {
                await _client!.SyncAsync(_counter).ConfigureAwait(false);
                return await _client.GetDataAsync(_counter).ConfigureAwait(false);
            }
            catch (ZooKeeperException e) when (IsTransient(e))
            {
                await RecoverAsync(e).ConfigureAwait(false);
                return null;
            }
        }

        private static bool IsTransient(ZooKeeperException e) =>
            e.Error is ErrorCode.ConnectionLoss or ErrorCode.OperationTimeout or ErrorCode.SessionExpired or ErrorCode.SessionMoved;

        private async Task RecoverAsync(ZooKeeperException e)
        {
            load._abandon.Token.ThrowIfCancellationRequested();
            if (e.Error == ErrorCode.SessionExpired)
            {
                await _client!.DisposeAsync().ConfigureAwait(false);
                _client = await ProcessEnsemble.ConnectAsync(connectionString, ct: load._abandon.Token).ConfigureAwait(false);
            }
            else
            {
                await Task.Delay(1).ConfigureAwait(false);
            }
        }

        private static byte[] Value(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
    }
}
