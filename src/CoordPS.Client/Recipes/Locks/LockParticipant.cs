using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>What a contender wants.</summary>
public enum LockParticipantKind
{
    /// <summary>To have it alone: a lock, a write lock, a leadership.</summary>
    Exclusive,

    /// <summary>To share it with other readers.</summary>
    Shared,

    /// <summary>A semaphore's lease.</summary>
    Lease,
}

/// <summary>One who holds a lock or waits for it.</summary>
public sealed class LockParticipant
{
    internal LockParticipant(string path, int sequence, LockParticipantKind kind, bool isHolder, ZNodeData node)
    {
        Path = path;
        Sequence = sequence;
        Kind = kind;
        IsHolder = isHolder;
        Data = node.Data ?? [];
        SessionId = node.Stat.EphemeralOwner;
        FencingToken = node.Stat.Czxid;
        Created = DateTimeOffset.FromUnixTimeMilliseconds(node.Stat.Ctime);
    }

    /// <summary>Its znode.</summary>
    public string Path { get; }

    /// <summary>Its znode's name.</summary>
    public string Name => ZPath.Name(Path);

    /// <summary>Its place in the order.</summary>
    public int Sequence { get; }

    /// <summary>What it wants.</summary>
    public LockParticipantKind Kind { get; }

    /// <summary>Whether it holds the lock; else it waits.</summary>
    public bool IsHolder { get; }

    /// <summary>The session that its znode belongs to; 0 for a kazoo lock that was made to outlive its session.</summary>
    public long SessionId { get; }

    /// <summary>The znode's czxid, by which a holder is fenced.</summary>
    public long FencingToken { get; }

    /// <summary>When it began to contend, by the server's clock.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>How long ago that was, by the local clock; never negative.</summary>
    public TimeSpan Age => DateTimeOffset.UtcNow - Created is { Ticks: > 0 } age ? age : TimeSpan.Zero;

    /// <summary>The znode's data: <c>HOST/PROCESS/USER</c> of ours, an address of Curator's, the identifier of kazoo's.</summary>
    public byte[] Data { get; }

    /// <summary>The data as text; as hexadecimal digits when it is none.</summary>
    public string Owner
    {
        get
        {
            string text = Encoding.UTF8.GetString(Data);
            return text.Any(c => char.IsControl(c) || c == '\ufffd') ? Convert.ToHexString(Data) : text;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Path} {(IsHolder ? "holds" : "waits")} {Owner}";
}
