using CoordPS.Cmdlets;
using CoordPS.Server;

namespace CoordPS;

/// <summary>An ensemble that runs in this process, as <c>Start-CoordEnsemble</c> starts it. Pipe it to <c>Connect-Coord</c>.</summary>
public sealed class CoordEnsemble
{
    private readonly ZooKeeperServer _server;
    private readonly Lock _gate = new();
    private Task? _stopping;

    internal CoordEnsemble(string name, ZooKeeperServer server, string dataPath, bool isTemporary, RunspaceState owner)
    {
        _server = server;
        Name = name;
        DataPath = dataPath;
        IsTemporary = isTemporary;
        Owner = owner;
        Members = [new CoordMember(name, 1, server.ClientEndPoint)];
        ConnectionString = string.Join(',', Members.Select(member => member.ClientEndPoint));
    }

    /// <summary>The name, unique in this process.</summary>
    public string Name { get; }

    /// <summary>How it is.</summary>
    public CoordEnsembleState State =>
        _server.Completion.IsFaulted ? CoordEnsembleState.Failed : _stopping is null ? CoordEnsembleState.Running : CoordEnsembleState.Stopped;

    /// <summary>What clients connect to.</summary>
    public string ConnectionString { get; }

    /// <summary>The members.</summary>
    public IReadOnlyList<CoordMember> Members { get; }

    /// <summary>The folder with its transaction logs and snapshots.</summary>
    public string DataPath { get; }

    /// <summary>Whether the folder was made for it, and goes with it.</summary>
    public bool IsTemporary { get; }

    /// <summary>When it was started, in local time.</summary>
    public DateTimeOffset Started { get; } = DateTimeOffset.Now;

    /// <summary>Why it had to stop by itself; null if it did not.</summary>
    public string? Failure => _server.Completion.IsFaulted ? _server.Completion.Exception!.GetBaseException().Message : null;

    internal RunspaceState Owner { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Stops it, once, and removes its folder if that was made for it.</summary>
    internal Task StopAsync()
    {
        lock (_gate)
            return _stopping ??= Task.Run(StopOnceAsync);
    }

    private async Task StopOnceAsync()
    {
        await _server.StopAsync().ConfigureAwait(false);
        if (IsTemporary && Directory.Exists(DataPath))
            Directory.Delete(DataPath, recursive: true);
    }
}
