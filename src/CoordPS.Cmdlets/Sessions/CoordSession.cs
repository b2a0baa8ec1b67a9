using System.Net;
using CoordPS.Client;

namespace CoordPS;

/// <summary>A session with an ensemble, as <c>Connect-Coord</c> opens it.</summary>
public sealed class CoordSession
{
    internal CoordSession(ZooKeeperClient client, string connectionString, Cmdlets.RunspaceState owner)
    {
        Owner = owner;
        Client = client;
        ConnectionString = connectionString;
    }

    /// <summary>The session's id, in hexadecimal, as servers write it in their logs.</summary>
    public string Id => $"0x{Client.SessionId:x}";

    /// <summary>Where the session stands.</summary>
    public SessionState State => Client.State;

    /// <summary>The server that serves it; null while there is none.</summary>
    public EndPoint? Server => Client.CurrentServer;

    /// <summary>The servers and the chroot it was opened with.</summary>
    public string ConnectionString { get; }

    /// <summary>The path that all of the session's paths are below; <c>/</c> when there is none.</summary>
    public string Chroot => Client.Chroot.Length == 0 ? "/" : Client.Chroot;

    /// <summary>How long the servers keep the session, and its ephemerals, without hearing from the client.</summary>
    public TimeSpan Timeout => Client.NegotiatedTimeout;

    /// <summary>Whether cmdlets of this runspace use it without <c>-Session</c>.</summary>
    public bool IsDefault => ReferenceEquals(Cmdlets.RunspaceState.Current.DefaultSession, this);

    /// <summary>Itself, so that a session can be piped to whatever takes <c>-Session</c>.</summary>
    public CoordSession Session => this;

    /// <summary>The runspace that opened it.</summary>
    internal Cmdlets.RunspaceState Owner { get; }

    internal ZooKeeperClient Client { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} ({ConnectionString})";
}
