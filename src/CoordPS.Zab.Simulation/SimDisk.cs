namespace CoordPS.Zab.Simulation;

/// <summary>
/// A member's disk: writes become durable in order, some at a time, as fsyncs complete. A crash keeps a prefix of those
/// under way; the record it may tear is found by its checksum at the next start and dropped.
/// </summary>
internal sealed class SimDisk(EnsembleConfig config, int registers)
{
    private readonly List<ZabWrite> _waiting = [];
    private readonly List<ZabWrite> _flushing = [];

    public long AcceptedEpoch { get; private set; }

    public long CurrentEpoch { get; private set; }

    public SimSnapshot Snapshot { get; private set; } = SimSnapshot.Empty(registers);

    public List<ZabProposal> Log { get; } = [];

    public EnsembleConfig Config { get; private set; } = config;

    public EnsembleConfig? NextConfig { get; private set; }

    public bool IsFlushing => _flushing.Count > 0;

    public bool HasWaiting => _waiting.Count > 0;

    public long LastZxid => Log.Count > 0 ? Log[^1].Zxid : Snapshot.Zxid;

    public void Add(in ZabWrite write) => _waiting.Add(write);

    public void BeginFlush()
    {
        _flushing.AddRange(_waiting);
        _waiting.Clear();
    }

    /// <summary>The fsync is done.</summary>
    /// <returns>The last sequence that is durable.</returns>
    public long CompleteFlush()
    {
        long sequence = _flushing[^1].Sequence;
        foreach (ZabWrite write in _flushing)
            Carry(write);
        _flushing.Clear();
        return sequence;
    }

    /// <summary>Loses what is not synced, but for a part that happened to reach the disk.</summary>
    /// <returns>How many writes were lost.</returns>
    public int Crash(SimRandom random)
    {
        _flushing.AddRange(_waiting);
        _waiting.Clear();
        int kept = _flushing.Count == 0 || random.Chance(0.5) ? 0 : random.Index(_flushing.Count + 1);
        for (int i = 0; i < kept; i++)
            Carry(_flushing[i]);
        int lost = _flushing.Count - kept;
        _flushing.Clear();
        return lost;
    }

    /// <summary>Writes a snapshot of the application, and purges the log that it makes dispensable.</summary>
    public void Save(SimSnapshot snapshot)
    {
        if (snapshot.Zxid <= Snapshot.Zxid || snapshot.Zxid > LastZxid)
            return;
        Snapshot = snapshot;
        Log.RemoveRange(0, UpperBound(snapshot.Zxid));
    }

    /// <summary>Whether a transaction is durable here.</summary>
    public bool Holds(long zxid, byte[] payload)
    {
        if (zxid <= Snapshot.Zxid)
            return true;
        int index = UpperBound(zxid) - 1;
        return index >= 0 && Log[index].Zxid == zxid && (ReferenceEquals(Log[index].Payload, payload) || Log[index].Payload.AsSpan().SequenceEqual(payload));
    }

    public ZabRecovery Recover() => new()
    {
        AcceptedEpoch = AcceptedEpoch,
        CurrentEpoch = CurrentEpoch,
        SnapshotZxid = Snapshot.Zxid,
        Log = [.. Log],
        Config = Config,
        NextConfig = NextConfig,
    };

    private void Carry(in ZabWrite write)
    {
        switch (write.Kind)
        {
            case ZabWriteKind.Append:
                Log.Add(new ZabProposal(write.Value, write.Payload!));
                break;
            case ZabWriteKind.Truncate:
                Log.RemoveRange(UpperBound(write.Value), Log.Count - UpperBound(write.Value));
                break;
            case ZabWriteKind.InstallSnapshot:
                Snapshot = (SimSnapshot)write.Snapshot!;
                Log.Clear();
                break;
            case ZabWriteKind.AcceptedEpoch:
                AcceptedEpoch = write.Value;
                break;
            case ZabWriteKind.CurrentEpoch:
                CurrentEpoch = write.Value;
                break;
            case ZabWriteKind.Config:
                Config = write.Config!;
                if (NextConfig is not null && NextConfig.Version <= Config.Version)
                    NextConfig = null;
                break;
            case ZabWriteKind.NextConfig:
                NextConfig = write.Config;
                break;
        }
    }

    private int UpperBound(long zxid)
    {
        int low = 0, high = Log.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (Log[middle].Zxid <= zxid)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
