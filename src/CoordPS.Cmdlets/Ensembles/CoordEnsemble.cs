using CoordPS.Cmdlets;
using CoordPS.Server.Hosting;

namespace CoordPS;

/// <summary>An ensemble on this machine, as <c>Start-CoordEnsemble</c> starts it. Pipe it to <c>Connect-Coord</c>.</summary>
public sealed class CoordEnsemble
{
    internal CoordEnsemble(HostedEnsemble local, RunspaceState owner)
    {
        Local = local;
        Owner = owner;
    }

    /// <summary>The name, unique on this machine among those of this user's ensembles.</summary>
    public string Name => Local.Name;

    /// <summary>Where its members run.</summary>
    public LocalEnsembleKind Kind => Local.Kind;

    /// <summary>How it is: just now in this process; as of <c>Get-CoordEnsemble</c> when its members are processes.</summary>
    public CoordEnsembleState State
    {
        get
        {
            IReadOnlyList<LocalMember> members = Local.Members;
            if (Local.IsStopped)
                return CoordEnsembleState.Stopped;
            if (members.All(static m => m.State is LocalMemberState.Stopped or LocalMemberState.Failed))
                return members.Any(static m => m.State == LocalMemberState.Failed) ? CoordEnsembleState.Failed : CoordEnsembleState.Stopped;
            return members.All(static m => m.IsServing) ? CoordEnsembleState.Running
                : Local.HasQuorum ? CoordEnsembleState.Degraded
                : CoordEnsembleState.NoQuorum;
        }
    }

    /// <summary>The number of the member that leads; null while none does.</summary>
    public int? Leader => (int?)Local.Leader?.Id;

    /// <summary>What clients connect to.</summary>
    public string ConnectionString => Local.ConnectionString;

    // PowerShell indexes arrays, and not the list that a collection expression makes.
    /// <summary>The members by number.</summary>
    public IReadOnlyList<CoordMember> Members => Local.Members.Select(static member => new CoordMember(member)).ToArray();

    /// <summary>The folder with the members' configuration, transaction logs and snapshots; for members in containers the names of their volumes.</summary>
    public string DataPath => Local.DataPath;

    /// <summary>Whether the folder was made for it, and goes with it.</summary>
    public bool IsTemporary => Local.IsTemporary;

    /// <summary>When it was started, in local time.</summary>
    public DateTimeOffset Started => Local.Started.ToLocalTime();

    /// <summary>The image of its members; null for those not in containers.</summary>
    public string? Image => (Local as ContainerEnsemble)?.Image;

    /// <summary>The address of the engine of its members' containers; null without one, and when a context names it.</summary>
    public string? DockerHost => (Local as ContainerEnsemble)?.Endpoint is { Context: null } endpoint ? endpoint.ToString() : null;

    /// <summary>The docker context that names that engine; null when there is none.</summary>
    public string? DockerContext => (Local as ContainerEnsemble)?.Endpoint.Context;

    /// <summary>Why members had to stop by themselves; null if none did.</summary>
    public string? Failure => string.Join(
        ' ', Local.Members.Where(static m => m.Failure is not null).Select(static m => $"Member {m.Id}: {m.Failure}")) is { Length: > 0 } text ? text : null;

    internal HostedEnsemble Local { get; }

    internal RunspaceState Owner { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Stops it, once, and removes its folder if that was made for it.</summary>
    internal Task StopAsync() => Local.StopAsync();
}
