using System.Diagnostics.CodeAnalysis;

namespace CoordPS.Zab;

/// <summary>
/// The member's history as far as it is kept in memory: every transaction that has not been delivered, and the last few
/// hundred that have been, for learners that need them. What is durable of it is the log writer's business.
/// </summary>
internal sealed class History
{
    private readonly int _keep;
    private readonly List<ZabProposal> _entries = [];
    private int _head;
    private int _delivered; // index behind the last delivered entry

    public History(long snapshotZxid, IReadOnlyList<ZabProposal> log, int keep)
    {
        _keep = keep;
        BaseZxid = LastZxid = DeliveredZxid = snapshotZxid;
        foreach (ZabProposal proposal in log)
        {
            _entries.Add(proposal);
            LastZxid = proposal.Zxid;
        }
    }

    /// <summary>The zxid right before the first entry kept: of the snapshot, or of the entry dropped last.</summary>
    public long BaseZxid { get; private set; }

    /// <summary>The last transaction's zxid, or the base when there is none.</summary>
    public long LastZxid { get; private set; }

    /// <summary>Everything up to here has been given to the application.</summary>
    public long DeliveredZxid { get; private set; }

    public bool TryNextUndelivered(out ZabProposal proposal)
    {
        bool any = _delivered < _entries.Count;
        proposal = any ? _entries[_delivered] : default;
        return any;
    }

    /// <summary>Whether a zxid can follow the last one: in a later epoch, or next in the same.</summary>
    public bool CanFollow(long zxid) =>
        Zxid.Epoch(zxid) == Zxid.Epoch(LastZxid) ? zxid == LastZxid + 1 : zxid > LastZxid && !Zxid.IsEpochStart(zxid);

    public void Append(ZabProposal proposal)
    {
        if (!CanFollow(proposal.Zxid))
            Throw($"zxid 0x{proposal.Zxid:x} cannot follow 0x{LastZxid:x}");
        _entries.Add(proposal);
        LastZxid = proposal.Zxid;
    }

    /// <summary>Counts the next entry as delivered and forgets the oldest if there are too many.</summary>
    public ZabProposal Deliver()
    {
        if (_delivered >= _entries.Count)
            Throw("nothing is left to deliver");
        ZabProposal proposal = _entries[_delivered++];
        DeliveredZxid = proposal.Zxid;
        while (_delivered - _head > _keep)
        {
            BaseZxid = _entries[_head].Zxid;
            _entries[_head++] = default;
        }

        // Shifting costs as much as there are entries left, so it waits until there are as many to drop.
        if (_head > 64 && _head > _entries.Count / 2)
        {
            _entries.RemoveRange(0, _head);
            _delivered -= _head;
            _head = 0;
        }

        return proposal;
    }

    /// <summary>Drops everything after a zxid.</summary>
    public void Truncate(long zxid)
    {
        if (zxid < DeliveredZxid)
            Throw($"the leader orders the log truncated to 0x{zxid:x}, but 0x{DeliveredZxid:x} has been delivered: a committed transaction would be lost. Stop the ensemble and compare the members' logs");
        int index = UpperBound(zxid);
        _entries.RemoveRange(index, _entries.Count - index);
        LastZxid = index > _head ? _entries[index - 1].Zxid : BaseZxid;
    }

    /// <summary>Starts over from a snapshot.</summary>
    public void Reset(long zxid)
    {
        _entries.Clear();
        _head = _delivered = 0;
        BaseZxid = LastZxid = DeliveredZxid = zxid;
    }

    /// <summary>The last zxid kept that is not above the given one, the base included; -1 when the given one is below the base.</summary>
    public long Floor(long zxid)
    {
        if (zxid < BaseZxid)
            return -1;
        int index = UpperBound(zxid);
        return index > _head ? _entries[index - 1].Zxid : BaseZxid;
    }

    /// <summary>The entries after a zxid that is not below the base, as a range of indexes for <see cref="this"/>.</summary>
    public (int Start, int End) After(long zxid) => (UpperBound(zxid), _entries.Count);

    public ZabProposal this[int index] => _entries[index];

    [DoesNotReturn]
    private static void Throw(string what) => throw new ZabException($"History: {what}.");

    private int UpperBound(long zxid)
    {
        int low = _head, high = _entries.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_entries[middle].Zxid <= zxid)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
