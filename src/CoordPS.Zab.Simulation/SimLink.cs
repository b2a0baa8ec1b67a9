using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>Something on its way on a connection.</summary>
/// <param name="Packet">A packet, unless the next two say otherwise.</param>
/// <param name="Snapshot">A SNAP packet with its snapshot.</param>
/// <param name="IsEnd">The sender has closed its side.</param>
internal readonly record struct SimItem(QuorumPacket Packet, SimSnapshot? Snapshot, bool IsEnd);

/// <summary>One end of a connection: a process of a member, and the number by which that process knows the connection.</summary>
internal sealed class SimEnd(int member, int incarnation, long connection)
{
    public int Member { get; } = member;

    public int Incarnation { get; } = incarnation;

    public long Connection { get; set; } = connection;

    public bool IsClosed { get; set; }

    /// <summary>What is on its way to this end, in order.</summary>
    public Queue<SimItem> Incoming { get; } = new();

    /// <summary>When the last of it arrives.</summary>
    public long LastArrival { get; set; }

    /// <summary>Arrivals that a cut holds up; TCP sends them again when it heals.</summary>
    public int Stalled { get; set; }
}

/// <summary>A connection between a leader and a learner. Each direction keeps its order, as TCP does.</summary>
internal sealed class SimLink(int id, SimEnd learner, SimEnd leader)
{
    public int Id { get; } = id;

    public SimEnd Learner { get; } = learner;

    public SimEnd Leader { get; } = leader;

    public SimEnd Other(SimEnd end) => end == Learner ? Leader : Learner;
}
