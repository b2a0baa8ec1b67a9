using System.Globalization;

namespace CoordPS.Zab.Simulation;

/// <summary>
/// Zab's properties, checked as each transaction is broadcast, delivered or acknowledged. There is one order for the whole
/// ensemble; a leader extends it when it delivers first, and everyone else has to follow it.
/// </summary>
internal sealed class PropertyChecker
{
    private readonly List<ZabProposal> _order = [];
    private readonly Dictionary<long, (byte[] Payload, long Leader)> _broadcast = [];
    private readonly Dictionary<long, long> _leaderOf = [];
    private long _latestEpoch;

    public IReadOnlyList<ZabProposal> Order => _order;

    public bool LooksAtDisks { get; init; } = true;

    public int Leaders => _leaderOf.Count;

    /// <summary>Integrity needs to know what was broadcast, and that nobody broadcast the same zxid before.</summary>
    public void Broadcast(long leader, long zxid, byte[] payload)
    {
        if (_broadcast.TryGetValue(zxid, out (byte[] Payload, long Leader) other))
            throw new SimulationFailure($"primary integrity: server {leader} broadcasts {Zxid.Format(zxid)}, which server {other.Leader} has broadcast before");
        _broadcast.Add(zxid, (payload, leader));
    }

    /// <summary>Primary integrity: a leader begins to broadcast with all that was ever delivered, so nothing acknowledged is lost.</summary>
    public void Established(SimMember member, long epoch)
    {
        if (_leaderOf.TryGetValue(epoch, out long other))
            throw new SimulationFailure($"one leader per epoch: servers {other} and {member.Id} are both established in epoch {epoch}");
        bool superseded = _leaderOf.Keys.Any(later => later > epoch);
        _leaderOf.Add(epoch, member.Id);
        // A quorum may have acknowledged this leader's history and gone on to promise a later epoch before the leader gets
        // to hear of it. Such a leader finds itself established and can never commit anything: Delivered sees to that.
        if (!superseded && member.Position < _order.Count)
            throw new SimulationFailure($"no acknowledged transaction lost: server {member.Id} leads epoch {epoch} without {Zxid.Format(_order[member.Position].Zxid)}, which has been delivered");
        _latestEpoch = Math.Max(_latestEpoch, epoch);
    }

    /// <summary>Agreement, total order, integrity, and local and global primary order.</summary>
    public void Delivered(SimMember member, in ZabProposal proposal, IReadOnlyList<SimMember> all)
    {
        if (member.Position < _order.Count)
        {
            ZabProposal expected = _order[member.Position];
            if (expected.Zxid != proposal.Zxid)
                throw new SimulationFailure($"total order: server {member.Id} delivers {Zxid.Format(proposal.Zxid)} where others delivered {Zxid.Format(expected.Zxid)}");
            if (!Same(expected.Payload, proposal.Payload))
                throw new SimulationFailure($"agreement: server {member.Id} delivers another transaction as {Zxid.Format(proposal.Zxid)} than others did");
            return;
        }

        if (!_broadcast.TryGetValue(proposal.Zxid, out (byte[] Payload, long Leader) origin) || !Same(origin.Payload, proposal.Payload))
            throw new SimulationFailure($"integrity: server {member.Id} delivers {Zxid.Format(proposal.Zxid)}, which nobody has broadcast so");
        if (member.Role.State != Protocol.ServerState.Leading)
            throw new SimulationFailure($"agreement: server {member.Id} delivers {Zxid.Format(proposal.Zxid)} before any leader did");
        if (member.Role.Epoch < _latestEpoch)
            throw new SimulationFailure($"global primary order: server {member.Id} of epoch {member.Role.Epoch} commits {Zxid.Format(proposal.Zxid)} after a leader of epoch {_latestEpoch} was established");
        if (_order.Count > 0)
        {
            long last = _order[^1].Zxid;
            if (Zxid.Epoch(last) == Zxid.Epoch(proposal.Zxid) ? proposal.Zxid != last + 1 : proposal.Zxid < last || Zxid.Counter(proposal.Zxid) != 1)
                throw new SimulationFailure($"primary order: server {member.Id} delivers {Zxid.Format(proposal.Zxid)} after {Zxid.Format(last)}");
        }

        if (LooksAtDisks)
            CheckDurable(member, proposal, all);
        _order.Add(proposal);
    }

    /// <summary>A client has been told that its write is done.</summary>
    public void Acknowledged(long zxid)
    {
        int low = 0, high = _order.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_order[middle].Zxid < zxid)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == _order.Count || _order[low].Zxid != zxid)
            throw new SimulationFailure($"no acknowledged transaction lost: {Zxid.Format(zxid)} was acknowledged and is in nobody's history");
    }

    /// <summary>What is committed is on the disks of a quorum, so that no crash can lose it.</summary>
    private static void CheckDurable(SimMember leader, in ZabProposal proposal, IReadOnlyList<SimMember> all)
    {
        var holders = new List<long>();
        foreach (SimMember member in all)
        {
            if (member.Disk.Holds(proposal.Zxid, proposal.Payload))
                holders.Add(member.Id);
        }

        if (!leader.Peer.Config.Verifier.ContainsQuorum(holders))
            throw new SimulationFailure(string.Create(CultureInfo.InvariantCulture, $"durability: server {leader.Id} commits {Zxid.Format(proposal.Zxid)}, which is on the disks of [{string.Join(' ', holders)}] only"));
    }

    private static bool Same(byte[] a, byte[] b) => ReferenceEquals(a, b) || a.AsSpan().SequenceEqual(b);
}
