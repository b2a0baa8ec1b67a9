using System.Net;
using CoordPS.Client.Admin;
using CoordPS.Cmdlets;
using CoordPS.Server.Hosting;

namespace CoordPS;

/// <summary>A member of an ensemble, here or elsewhere. Pipe it to the cmdlets that take members.</summary>
public sealed partial class CoordMember
{
    internal CoordMember(LocalMember local)
    {
        Local = local;
        Ensemble = local.Ensemble;
    }

    /// <summary>The name of the ensemble; for one that runs elsewhere, its servers.</summary>
    public string Ensemble { get; }

    /// <summary>The N of its <c>server.N</c>, from 1; 0 when it has none, or it is not known.</summary>
    public int Id => (int?)Local?.Id ?? Reading?.Id ?? 0;

    /// <summary>How it is: just now for a member of this machine, else when it was read.</summary>
    public CoordMemberState State => Local?.State switch
    {
        LocalMemberState.Stopped => CoordMemberState.Stopped,
        LocalMemberState.Suspended => CoordMemberState.Suspended,
        LocalMemberState.Failed => CoordMemberState.Failed,
        _ => Reading?.State switch
        {
            null => Local is null ? CoordMemberState.Unknown : CoordMemberState.Running,
            MemberState.Unreachable => CoordMemberState.Unreachable,
            MemberState.NotServing => CoordMemberState.NotServing,
            MemberState.ReadOnly => CoordMemberState.ReadOnly,
            MemberState.Serving => CoordMemberState.Running,
            _ => CoordMemberState.Unknown,
        },
    };

    /// <summary>What it does in its ensemble: when it was read; else just now in this process, and as of the cmdlet that emitted it when it is a process.</summary>
    public LocalMemberRole Role => Reading switch
    {
        null => Local?.Role ?? LocalMemberRole.None,
        { State: MemberState.ReadOnly } => LocalMemberRole.ReadOnly,
        { State: MemberState.NotServing } => LocalMemberRole.Looking,
        { Role: MemberRole.Leader } => LocalMemberRole.Leader,
        { Role: MemberRole.Follower } => LocalMemberRole.Follower,
        { Role: MemberRole.Observer } => LocalMemberRole.Observer,
        { Role: MemberRole.Standalone } => LocalMemberRole.Standalone,
        _ => LocalMemberRole.None,
    };

    /// <summary>Whether it serves clients, as of <see cref="Role"/>.</summary>
    public bool IsServing => Reading is null ? Local is { IsServing: true } : State == CoordMemberState.Running;

    /// <summary>Whether it follows without a vote.</summary>
    public bool IsObserver => Local?.IsObserver ?? (Role == LocalMemberRole.Observer || Configured is { IsObserver: true });

    /// <summary>Where clients connect; null when it is not known.</summary>
    public EndPoint? ClientEndPoint => Local is not null ? Local.ClientEndPoint : EndPointOf(Reading?.Server?.Host, Reading?.Server?.Port ?? 0);

    /// <summary>Where learners reach it when it leads; null for a standalone server, and when it is not known.</summary>
    public EndPoint? QuorumEndPoint => Local is not null ? Local.QuorumEndPoint : EndPointOf(Configured?.Host, Configured?.QuorumPort ?? 0);

    /// <summary>Where other members reach it for elections; null for a standalone server, and when it is not known.</summary>
    public EndPoint? ElectionEndPoint => Local is not null ? Local.ElectionEndPoint : EndPointOf(Configured?.Host, Configured?.ElectionPort ?? 0);

    /// <summary>The folder with its transaction logs and snapshots, on its machine, or the name of its volume; null when it is not known.</summary>
    public string? DataPath => Local?.DataPath ?? Reading?.Settings.GetValueOrDefault("dataDir");

    /// <summary>Its <c>zoo.cfg</c>; null for a standalone server in this process, and for a member elsewhere.</summary>
    public string? ConfigPath => Local?.ConfigPath;

    /// <summary>The file it logs to; null for a member in this process, and for one elsewhere.</summary>
    public string? LogPath => Local?.LogPath;

    /// <summary>The process it runs in; 0 when it runs in none of this machine that is known.</summary>
    public int ProcessId => Local?.ProcessId ?? 0;

    /// <summary>The name of the container it runs in; null when it runs in none that is known.</summary>
    public string? Container => (Local as ContainerMember)?.Container;

    /// <summary>The address of the engine of its container; null without one, and when a context names it.</summary>
    public string? DockerHost => (Local as ContainerMember)?.Engine.Endpoint is { Context: null } endpoint ? endpoint.ToString() : null;

    /// <summary>The docker context that names that engine; null when there is none.</summary>
    public string? DockerContext => (Local as ContainerMember)?.Engine.Endpoint.Context;

    /// <summary>Why it ended by itself; null if it did not.</summary>
    public string? Failure => Local?.Failure;

    /// <summary>The member as this machine hosts it; null when it does not.</summary>
    internal LocalMember? Local { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id}={Server}";

    private static EndPoint? EndPointOf(string? host, int port) =>
        host is null ? null : IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
}
