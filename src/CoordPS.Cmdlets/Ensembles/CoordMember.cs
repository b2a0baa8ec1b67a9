using System.Net;
using CoordPS.Server.Hosting;

namespace CoordPS;

/// <summary>A member of an ensemble on this machine. Pipe it to the cmdlets that take members.</summary>
public sealed class CoordMember
{
    internal CoordMember(LocalMember local) => Local = local;

    /// <summary>The ensemble's name.</summary>
    public string Ensemble => Local.Ensemble;

    /// <summary>The member's number, from 1.</summary>
    public int Id => (int)Local.Id;

    /// <summary>How it is just now.</summary>
    public LocalMemberState State => Local.State;

    /// <summary>What it does in its ensemble: just now in this process; as of the cmdlet that emitted it when it is a process.</summary>
    public LocalMemberRole Role => Local.Role;

    /// <summary>Whether it serves clients, as of <see cref="Role"/>.</summary>
    public bool IsServing => Local.IsServing;

    /// <summary>Whether it follows without a vote.</summary>
    public bool IsObserver => Local.IsObserver;

    /// <summary>Where clients connect.</summary>
    public IPEndPoint ClientEndPoint => Local.ClientEndPoint;

    /// <summary>Where learners reach it when it leads; null for a standalone server.</summary>
    public IPEndPoint? QuorumEndPoint => Local.QuorumEndPoint;

    /// <summary>Where other members reach it for elections; null for a standalone server.</summary>
    public IPEndPoint? ElectionEndPoint => Local.ElectionEndPoint;

    /// <summary>The folder with its transaction logs and snapshots.</summary>
    public string DataPath => Local.DataPath;

    /// <summary>Its <c>zoo.cfg</c>; null for a standalone server in this process.</summary>
    public string? ConfigPath => Local.ConfigPath;

    /// <summary>The file it logs to; null for a member in this process.</summary>
    public string? LogPath => Local.LogPath;

    /// <summary>The process it runs in; 0 when it runs in none.</summary>
    public int ProcessId => Local.ProcessId;

    /// <summary>Why it ended by itself; null if it did not.</summary>
    public string? Failure => Local.Failure;

    internal LocalMember Local { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id}={ClientEndPoint}";
}
