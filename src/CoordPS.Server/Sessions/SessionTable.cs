using System.Collections.Concurrent;
using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>The sessions that exist by the transactions applied, with their timeouts: what a snapshot keeps of them.</summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<long, int> _timeouts = new();

    public int Count => _timeouts.Count;

    public IReadOnlyCollection<(long Id, int TimeoutMilliseconds)> All => [.. _timeouts.Select(static p => (p.Key, p.Value))];

    public void Add(long id, int timeoutMilliseconds) => _timeouts[id] = timeoutMilliseconds;

    /// <summary>Follows a transaction, when applied or replayed.</summary>
    public void Apply(in TxnHeader header, object? txn)
    {
        if (txn is CreateSessionTxn create)
            _timeouts[header.ClientId] = create.TimeoutMilliseconds;
        else if (header.Type == OpCode.CloseSession)
            _timeouts.TryRemove(header.ClientId, out _);
    }
}
