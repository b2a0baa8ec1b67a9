namespace CoordPS.Server.Hosting;

/// <summary>An ensemble whose members are hosted here, or on an engine that was asked to: what all kinds have in common.</summary>
public abstract class HostedEnsemble : IAsyncDisposable
{
    /// <summary>How long members that are not needed for the quorum may take to join before the ensemble counts as started without them.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Its name.</summary>
    public abstract string Name { get; }

    /// <summary>Where its members run.</summary>
    public abstract LocalEnsembleKind Kind { get; }

    /// <summary>Where its members' data is: the folder that holds their folders, or the names of their volumes.</summary>
    public abstract string DataPath { get; }

    /// <summary>Whether the data was begun for it, and goes with it.</summary>
    public abstract bool IsTemporary { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset Started { get; private protected set; } = DateTimeOffset.Now;

    /// <summary>Its members by number.</summary>
    public abstract IReadOnlyList<LocalMember> Members { get; }

    /// <summary>What clients connect to: the members' client addresses.</summary>
    public string ConnectionString => string.Join(',', Members.Select(static member => member.ClientEndPoint));

    /// <summary>The network between members in this process, to be disturbed; null for others and for a standalone server.</summary>
    public virtual FaultNetwork? Network => null;

    /// <summary>The member that leads, or the standalone server; null if there is none.</summary>
    public LocalMember? Leader => Members.FirstOrDefault(static m => m is { IsServing: true, Role: LocalMemberRole.Leader or LocalMemberRole.Standalone });

    /// <summary>Whether a quorum of its participants serves.</summary>
    public bool HasQuorum => Leader is not null && ServingParticipants >= (Members.Count(static m => !m.IsObserver) / 2) + 1;

    /// <summary>Whether it was stopped by <see cref="StopAsync"/>.</summary>
    public abstract bool IsStopped { get; }

    /// <summary>What was odd about the settings, once for all members.</summary>
    public abstract IReadOnlyList<ConfigWarning> Warnings { get; }

    /// <summary>The password of <c>super</c>, who may change the ensemble's configuration; null when its settings name another.</summary>
    public abstract string? SuperPassword { get; }

    private int ServingParticipants => Members.Count(static m => m is { IsServing: true, IsObserver: false });

    /// <summary>A member as a reconfiguration names it, <c>server.N=…</c>.</summary>
    public static string ServerLineOf(LocalMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return $"server.{member.Id}={member.Folder.Config.Servers[member.Id]}";
    }

    /// <summary>
    /// Starts the members and waits until a quorum serves, and a little longer for those that it does without. When that fails, or is
    /// cancelled, what was started is stopped, and what was made is removed.
    /// </summary>
    /// <exception cref="LocalEnsembleException">It can't start; the exception names the member and says what to do.</exception>
    public abstract Task StartAsync(CancellationToken cancellationToken = default);

    /// <summary>Stops the members, once, and removes data that is temporary.</summary>
    /// <exception cref="IOException">A folder could not be removed.</exception>
    public abstract Task StopAsync();

    /// <summary>Stops the members, once, and removes all of their data.</summary>
    /// <exception cref="IOException">A folder could not be removed.</exception>
    public abstract Task DeleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks members outside of this process what they do.</summary>
    public virtual Task RefreshAsync(CancellationToken cancellationToken = default) => Task.WhenAll(Members.Select(m => m.RefreshAsync(cancellationToken)));

    /// <summary>A member by its number.</summary>
    /// <exception cref="LocalEnsembleException">There is none.</exception>
    public LocalMember Member(long id) => Members.FirstOrDefault(m => m.Id == id) ?? throw new LocalEnsembleException(
        LocalEnsembleProblem.NoMember, $"Ensemble '{Name}' has no member {id}.", $"Its members are {string.Join(", ", Members.Select(static m => m.Id))}.", id);

    /// <summary>
    /// Makes the place of one more member, which is then to be started, and added by a reconfiguration with its
    /// <see cref="ServerLineOf">server line</see>.
    /// </summary>
    /// <param name="observer">Whether it follows without a vote.</param>
    /// <param name="serverLines">The lines of the present members, <c>server.N=…</c>.</param>
    /// <exception cref="LocalEnsembleException">A standalone server can't have other members.</exception>
    /// <exception cref="IOException">The folder can't be made.</exception>
    public abstract LocalMember PrepareMember(bool observer, IEnumerable<string> serverLines);

    /// <summary>Stops a member that is no part of the ensemble's configuration any more, and forgets it.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="deleteData">Whether to delete its data, which goes with the ensemble anyway if that is temporary.</param>
    /// <param name="cancellationToken">Gives up waiting for its stop.</param>
    /// <exception cref="LocalEnsembleException">There is no such member.</exception>
    /// <exception cref="IOException">The data can't be deleted.</exception>
    public abstract Task DiscardMemberAsync(long id, bool deleteData, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private protected LocalEnsembleException Standalone() => new(
        LocalEnsembleProblem.State, $"'{Name}' is a standalone server, which can't become an ensemble while it runs.",
        "Start an ensemble with -Members 3 and copy the znodes.");

    private protected async Task StartMembersAsync(CancellationToken cancellationToken)
    {
        Task[] starting = [.. Members.Select(m => m.StartAsync(cancellationToken))];
        await Task.WhenAll(starting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A port that is taken is the problem that can be helped, whatever else went wrong.
        Exception[] failures = [.. starting.Where(static t => t.IsFaulted).Select(static t => t.Exception!.InnerException!)];
        if (failures.Length > 0)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.FirstOrDefault(static e => e is LocalEnsembleException { Problem: LocalEnsembleProblem.Address }) ?? failures[0]);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private protected async Task FormAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        Task[] serving = [.. Members.Select(m => m.WaitUntilServingAsync(limit.Token))];
        try
        {
            var waiting = serving.ToList();
            while (waiting.Count > 0 && !HasQuorum)
            {
                Task done = await Task.WhenAny(waiting).ConfigureAwait(false);
                await done.ConfigureAwait(false);
                waiting.Remove(done);
            }

            // The leader serves a moment after its followers were told that they may.
            while (!HasQuorum)
                await Task.Delay(PollInterval, limit.Token).ConfigureAwait(false);
            Task others = Task.WhenAll(waiting);
            if (await Task.WhenAny(others, Task.Delay(JoinPatience, limit.Token)).ConfigureAwait(false) == others)
                await others.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.NoQuorum,
                $"Ensemble '{Name}' has no quorum after {timeout.TotalSeconds:0} s: {string.Join(", ", Members.Select(static m => $"member {m.Id} {Describe(m)}"))}.",
                "Check that the machine is not overloaded and that the members' data belongs together.");
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string Describe(LocalMember member) =>
        member.State == LocalMemberState.Running ? $"is {member.Role.ToString().ToLowerInvariant()}" : $"is {member.State.ToString().ToLowerInvariant()}";

    private protected async Task StopMembersAsync(bool kill)
    {
        // Followers first, together: the leader has nobody to hand over to then, and does not try.
        LocalMember? leader = kill ? null : Leader;
        await Task.WhenAll(Members.Where(m => m != leader).Select(m => kill ? m.KillAsync() : m.StopAsync())).ConfigureAwait(false);
        if (leader is not null)
            await leader.StopAsync().ConfigureAwait(false);
    }
}
