using CoordPS.Client.Recipes;

namespace CoordPS;

/// <summary>One who holds a lock or waits for it, whichever client it uses.</summary>
public sealed class CoordLockEntry
{
    private readonly LockParticipant _participant;

    internal CoordLockEntry(CoordSession session, string path, int place, LockParticipant participant)
    {
        Session = session;
        Path = path;
        Place = place;
        _participant = participant;
    }

    /// <summary>The lock's path.</summary>
    public string Path { get; }

    /// <summary>The place in the queue, from 1.</summary>
    public int Place { get; }

    /// <summary><c>Holder</c> or <c>Waiter</c>.</summary>
    public string Role => _participant.IsHolder ? "Holder" : "Waiter";

    /// <summary>What it wants: the lock alone, to share it, or a lease.</summary>
    public LockParticipantKind Kind => _participant.Kind;

    /// <summary>Who it is, by its own account: <c>HOST/PROCESS/USER</c> of these cmdlets, an address of Curator's clients, any text of kazoo's.</summary>
    public string Owner => _participant.Owner;

    /// <summary>The session it belongs to, in hexadecimal.</summary>
    public string SessionId => $"0x{_participant.SessionId:x}";

    /// <summary>How long it has been in the queue, by the clocks of server and client.</summary>
    public TimeSpan Age => _participant.Age;

    /// <summary>Since when, by the server's clock.</summary>
    public DateTimeOffset Created => _participant.Created.ToLocalTime();

    /// <summary>What fences it: see <see cref="CoordLock.FencingToken"/>.</summary>
    public long FencingToken => _participant.FencingToken;

    /// <summary>Its znode. Removing it ends its claim.</summary>
    public string ZNode => _participant.Path;

    /// <summary>The session that it was read in.</summary>
    public CoordSession Session { get; }

    /// <inheritdoc/>
    public override string ToString() => _participant.ToString();
}
