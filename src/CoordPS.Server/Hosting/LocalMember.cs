using System.Net;

namespace CoordPS.Server.Hosting;

/// <summary>A member of a local ensemble.</summary>
#pragma warning disable CA1001 // The semaphore holds nothing unless its wait handle is asked for.
public abstract class LocalMember
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    private protected LocalMember(string ensemble, MemberFolder folder)
    {
        Ensemble = ensemble;
        Folder = folder;
    }

    /// <summary>The ensemble's name.</summary>
    public string Ensemble { get; }

    /// <summary>The member's number, from 1: that in its <c>myid</c> file.</summary>
    public long Id => Folder.Id;

    /// <summary>Whether it follows without a vote.</summary>
    public bool IsObserver => Folder.Config.Servers.TryGetValue(Id, out QuorumServer? self) && self.Type == LearnerType.Observer;

    /// <summary>Where clients connect.</summary>
    public virtual IPEndPoint ClientEndPoint => Folder.ClientEndPoint;

    /// <summary>Where learners reach it when it leads; null for a standalone server.</summary>
    public virtual IPEndPoint? QuorumEndPoint => Folder.EndPoint(static a => a.QuorumPort);

    /// <summary>Where other members reach it for elections; null for a standalone server.</summary>
    public virtual IPEndPoint? ElectionEndPoint => Folder.EndPoint(static a => a.ElectionPort);

    /// <summary>The folder with its transaction logs and snapshots.</summary>
    public string DataPath => Folder.Path;

    /// <summary>Its <c>zoo.cfg</c>; null for a standalone server in this process.</summary>
    public string? ConfigPath => Folder.ConfigPath;

    /// <summary>The file it logs to; null for a member in this process.</summary>
    public virtual string? LogPath => null;

    /// <summary>The process it runs in; 0 when it runs in none.</summary>
    public abstract int ProcessId { get; }

    /// <summary>How it is just now.</summary>
    public abstract LocalMemberState State { get; }

    /// <summary>What it does: just now in this process, when it was last asked (<see cref="RefreshAsync"/>) in another.</summary>
    public abstract LocalMemberRole Role { get; }

    /// <summary>Whether it serves clients, as of <see cref="Role"/>.</summary>
    public bool IsServing => State == LocalMemberState.Running
        && Role is LocalMemberRole.Leader or LocalMemberRole.Follower or LocalMemberRole.Observer or LocalMemberRole.Standalone;

    /// <summary>Why it ended by itself; null if it did not.</summary>
    public abstract string? Failure { get; }

    internal MemberFolder Folder { get; private protected set; }

    /// <summary>Starts it, and returns when it runs; that it serves is another matter: see <see cref="WaitUntilServingAsync"/>.</summary>
    /// <exception cref="LocalEnsembleException">It can't start; the exception says why.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => InTurnAsync(
        async () =>
        {
            if (State is LocalMemberState.Stopped or LocalMemberState.Failed)
                await StartOnceAsync(cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Stops it in good order: a leader hands over. One that is suspended is ended as by a crash.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => InTurnAsync(() => EndAsync(kill: false, cancellationToken), cancellationToken);

    /// <summary>Ends it as a crash would: nobody is told, and what is not on disk is lost.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => InTurnAsync(() => EndAsync(kill: true, cancellationToken), cancellationToken);

    /// <summary>
    /// Freezes it, as SIGSTOP does a process: it neither sends nor receives nor ticks, and its ports and connections stay.
    /// </summary>
    /// <exception cref="LocalEnsembleException">It does not run, or members can't be suspended here.</exception>
    public Task SuspendAsync(CancellationToken cancellationToken = default) => InTurnAsync(
        () => State switch
        {
            LocalMemberState.Suspended => Task.CompletedTask,
            LocalMemberState.Running => FreezeAsync(true, cancellationToken),
            _ => throw NotRunning("suspended"),
        },
        cancellationToken);

    /// <summary>Lets it go on, as SIGCONT does a process.</summary>
    /// <exception cref="LocalEnsembleException">It does not run.</exception>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => InTurnAsync(
        () => State switch
        {
            LocalMemberState.Suspended => FreezeAsync(false, cancellationToken),
            LocalMemberState.Running => Task.CompletedTask,
            _ => throw NotRunning("resumed"),
        },
        cancellationToken);

    /// <summary>Waits until it serves clients.</summary>
    /// <exception cref="LocalEnsembleException">It ended instead.</exception>
    public abstract Task WaitUntilServingAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks it for its <see cref="Role"/>, where that is not known anyway.</summary>
    public abstract Task RefreshAsync(CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public override string ToString() => $"{Ensemble} {Id}";

    /// <summary>Asks it again and again until it serves, where nothing tells.</summary>
    /// <exception cref="LocalEnsembleException">It ended instead.</exception>
    private protected async Task PollUntilServingAsync(TimeSpan interval, Func<LocalEnsembleException> ended, CancellationToken cancellationToken)
    {
        while (true)
        {
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
            if (IsServing)
                return;
            if (State is LocalMemberState.Stopped or LocalMemberState.Failed)
                throw ended();
            await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
        }
    }

    private protected abstract Task StartOnceAsync(CancellationToken cancellationToken);

    private protected abstract Task EndAsync(bool kill, CancellationToken cancellationToken);

    private protected abstract Task FreezeAsync(bool freeze, CancellationToken cancellationToken);

    /// <summary>The member ended by itself.</summary>
    private protected LocalEnsembleException Failed(Exception? inner = null) => new(
        LocalEnsembleProblem.MemberFailed, $"Member {Id} of ensemble '{Ensemble}' ended: {Failure ?? "it was stopped."}",
        LogPath is null ? "Correct what the message names and start the member again." : $"Read its log, '{LogPath}', and start the member again.", Id, inner);

    private LocalEnsembleException NotRunning(string what) => new(
        LocalEnsembleProblem.State, $"Member {Id} of ensemble '{Ensemble}' does not run, so it can't be {what}.", "Start it with Start-CoordMember.", Id);

    private async Task InTurnAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }
}
