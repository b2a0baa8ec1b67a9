namespace CoordPS.Protocol;

/// <summary>Request ids with a meaning of their own; ordinary requests count up from 1.</summary>
public static class Xids
{
    /// <summary>A watch event.</summary>
    public const int Notification = -1;

    /// <summary>A ping and its reply.</summary>
    public const int Ping = -2;

    /// <summary>Credentials and their reply.</summary>
    public const int Auth = -4;

    /// <summary>Watches re-armed after a reconnect, and the reply.</summary>
    public const int SetWatches = -8;
}
