using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>Kinds of event for the application.</summary>
public enum ZabEventKind
{
    /// <summary>Role, phase or whether to serve changed; see <see cref="ZabEvent.Role"/>.</summary>
    RoleChanged,

    /// <summary>A transaction is committed: apply it. Each once, in zxid order.</summary>
    Deliver,

    /// <summary>Replace the application's state by a snapshot from the leader.</summary>
    RestoreSnapshot,

    /// <summary>Capture the state as of this point for the learner on <see cref="ZabEvent.Connection"/>; a <see cref="ZabSendKind.Snapshot"/> for it follows.</summary>
    CaptureSnapshot,

    /// <summary>Another configuration is active.</summary>
    ConfigChanged,

    /// <summary>On the leader: a learner forwards a client's request. Prepare it and propose, or answer sync by <see cref="ZabPeer.Sync"/>.</summary>
    RequestReceived,

    /// <summary>On the leader: a learner asks whether a session lives; answer by <see cref="ZabPeer.AnswerRevalidate"/>.</summary>
    RevalidateReceived,

    /// <summary>On the leader: sessions of a learner were active.</summary>
    SessionsTouched,

    /// <summary>On the leader: a learner's connection is gone.</summary>
    LearnerGone,

    /// <summary>
    /// On the leader: a second member has the id of one that is connected and alive, and is turned away. <see cref="ZabEvent.Connection"/>
    /// is the second's, which is closed next, and <see cref="ZabEvent.Zxid"/> the first's.
    /// </summary>
    DuplicateMember,

    /// <summary>On the leader: all that was proposed before the local <see cref="ZabPeer.Sync"/> has been delivered.</summary>
    SyncCompleted,

    /// <summary>On a learner: the leader answers the oldest forwarded sync; all that it covers has been delivered.</summary>
    SyncReplied,

    /// <summary>On a learner: the leader says whether a session lives.</summary>
    SessionRevalidated,

    /// <summary>On a learner: the leader pings; answer by <see cref="ZabPeer.AnswerPing"/> with the sessions' touches.</summary>
    PingReceived,

    /// <summary>The member has stopped; nothing more comes. See <see cref="ZabPeer.Stop"/>.</summary>
    Stopped,

    /// <summary>Something odd happened that has been dealt with; for the log.</summary>
    Warning,
}

/// <summary>Something for the application, in the order in which it must see them.</summary>
public readonly record struct ZabEvent
{
    /// <summary>What happened.</summary>
    public required ZabEventKind Kind { get; init; }

    /// <summary>The transaction's or snapshot's zxid, the ping's zxid, the token of a sync, or another connection.</summary>
    public long Zxid { get; init; }

    /// <summary>The transaction, request, session or touch data.</summary>
    public byte[]? Data { get; init; }

    /// <summary>The learner's connection.</summary>
    public long Connection { get; init; }

    /// <summary>The learner's id.</summary>
    public long Member { get; init; }

    /// <summary>The identities that came with a request.</summary>
    public IReadOnlyList<AclId>? AuthInfo { get; init; }

    /// <summary>The snapshot as it was given to <see cref="ZabPeer.ReceiveSnapshot"/>.</summary>
    public object? Snapshot { get; init; }

    /// <summary>The active configuration.</summary>
    public EnsembleConfig? Config { get; init; }

    /// <summary>What the member does now.</summary>
    public ZabRole Role { get; init; }

    /// <summary>A warning's text.</summary>
    public string? Text { get; init; }
}
