namespace CoordPS.Server.Hosting;

/// <summary>
/// An ensemble on this machine, its members in this process or in processes of their own. Use <see cref="Open"/> for a new one, or for
/// one that a folder holds, then <see cref="StartAsync"/>.
/// </summary>
public sealed class LocalEnsemble : IAsyncDisposable
{
    private const int PortAttempts = 5;

    /// <summary>How long members that are not needed for the quorum may take to join before the ensemble counts as started without them.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly LocalEnsembleOptions _options;
    private EnsembleFolder _folder;
    private readonly string _executable;
    private readonly Lock _lock = new();
    private List<LocalMember> _members = [];
    private Task? _stopping;

    private LocalEnsemble(LocalEnsembleOptions options, EnsembleFolder folder, bool isTemporary, EnsembleRecord? record = null)
    {
        _options = options;
        _folder = folder;
        _executable = record?.ExecutablePath ?? (options.OutOfProcess ? MemberExecutable.Find(options.ExecutablePath) : "");
        IsTemporary = isTemporary;
        if (!options.OutOfProcess && folder.Members[0].Config.IsDistributed)
            Network = new FaultNetwork(folder.Members.Select(static m => m.Id));
        _members = [.. folder.Members.Select(f => Host(f, record?.Members.FirstOrDefault(m => m.Id == f.Id)))];
    }

    /// <summary>Its name.</summary>
    public string Name => _options.Name;

    /// <summary>Where its members run.</summary>
    public LocalEnsembleKind Kind => _options.OutOfProcess ? LocalEnsembleKind.OutOfProcess : LocalEnsembleKind.InProcess;

    /// <summary>The folder that holds the members' folders.</summary>
    public string DataPath => _folder.Path;

    /// <summary>Whether the folder was made for it, and goes with it.</summary>
    public bool IsTemporary { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset Started { get; private set; } = DateTimeOffset.Now;

    /// <summary>Its members by number.</summary>
    public IReadOnlyList<LocalMember> Members
    {
        get
        {
            lock (_lock)
                return [.. _members];
        }
    }

    /// <summary>What clients connect to: the members' client addresses.</summary>
    public string ConnectionString => string.Join(',', Members.Select(static member => member.ClientEndPoint));

    /// <summary>The network between members in this process, to be disturbed; null for others and for a standalone server.</summary>
    public FaultNetwork? Network { get; }

    /// <summary>The member that leads, or the standalone server; null if there is none.</summary>
    public LocalMember? Leader => Members.FirstOrDefault(static m => m is { IsServing: true, Role: LocalMemberRole.Leader or LocalMemberRole.Standalone });

    /// <summary>Whether a quorum of its participants serves.</summary>
    public bool HasQuorum => Leader is not null && ServingParticipants >= (Members.Count(static m => !m.IsObserver) / 2) + 1;

    /// <summary>Whether it was stopped by <see cref="StopAsync"/>.</summary>
    public bool IsStopped
    {
        get
        {
            lock (_lock)
                return _stopping is not null;
        }
    }

    /// <summary>What was odd about the settings, once for all members.</summary>
    public IReadOnlyList<ConfigWarning> Warnings => _folder.Members[0].Config.Warnings;

    private int ServingParticipants => Members.Count(static m => m is { IsServing: true, IsObserver: false });

    /// <summary>Makes the folders of a new ensemble, or reads those of one that is there. Nothing runs yet.</summary>
    /// <exception cref="LocalEnsembleException">The folder holds something else or does not fit the options; nothing was overwritten.</exception>
    public static LocalEnsemble Open(LocalEnsembleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool temporary = options.DataPath is null;
        string path = options.DataPath is null ? Directory.CreateTempSubdirectory("coordps-").FullName : Path.GetFullPath(options.DataPath);
        try
        {
            return new LocalEnsemble(options, EnsembleFolder.Open(options, path), temporary);
        }
        catch
        {
            if (temporary)
                Directory.Delete(path, recursive: true);
            throw;
        }
    }

    /// <summary>The names of this user's ensembles whose members are processes, whatever process has started them.</summary>
    public static IReadOnlyList<string> ProcessEnsembles => [.. EnsembleStore.All.Select(static r => r.Name)];

    /// <summary>An ensemble whose members are processes; null if there is none of that name.</summary>
    /// <exception cref="LocalEnsembleException">Its folder can't be read.</exception>
    public static LocalEnsemble? OpenProcesses(string name)
    {
        if (EnsembleStore.Read(name) is not { } record)
            return null;
        var options = new LocalEnsembleOptions { Name = record.Name, DataPath = record.DataPath, OutOfProcess = true };
        return new LocalEnsemble(options, EnsembleFolder.OpenRecorded(record.DataPath), record.IsTemporary, record) { Started = record.Started };
    }

    /// <summary>
    /// Ends the processes of an ensemble whose folder can't be read any more, as by a crash, and forgets it. Its folder stays as it is.
    /// </summary>
    public static async Task AbandonProcessesAsync(string name, CancellationToken cancellationToken = default)
    {
        foreach (RecordedMember member in EnsembleStore.Read(name)?.Members ?? [])
        {
            while (ProcessIdentity.IsAlive(member.ProcessId, member.Identity))
            {
                DetachedProcess.Kill(member.ProcessId);
                await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
            }
        }

        EnsembleStore.Remove(name);
    }

    /// <summary>The name of the ensemble that a folder holds; null when it holds none.</summary>
    /// <exception cref="LocalEnsembleException">Its description is damaged.</exception>
    public static string? NameIn(string path) => EnsembleFolder.ReadDescription(path)?.Name;

    /// <summary>
    /// Starts the members and waits until a quorum serves, and a little longer for those that it does without. When that fails, or is
    /// cancelled, what was started is stopped, and what was made is removed.
    /// </summary>
    /// <exception cref="LocalEnsembleException">It can't start; the exception names the member and says what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        Note();
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    await StartMembersAsync(cancellationToken).ConfigureAwait(false);
                    await FormAsync(cancellationToken).ConfigureAwait(false);
                    break;
                }
                catch (LocalEnsembleException e) when (e.Problem == LocalEnsembleProblem.Address)
                {
                    await StopMembersAsync(kill: true).ConfigureAwait(false);
                    _folder.CheckPorts(_options);
                    if (attempt >= PortAttempts || !_folder.IsNew)
                        throw;
                    // Somebody was faster with a port that was free a moment ago: there are others.
                    _folder.Discard();
                    _folder = EnsembleFolder.Open(_options, DataPath);
                    lock (_lock)
                        _members = [.. _folder.Members.Select(f => Host(f))];
                }
            }

            Started = DateTimeOffset.Now;
            _folder.Keep();
        }
        catch
        {
            await StopMembersAsync(kill: true).ConfigureAwait(false);
            Forget();
            _folder.Discard();
            DeleteTemporary();
            throw;
        }
    }

    /// <summary>Stops the members, once, and removes a temporary folder.</summary>
    /// <exception cref="IOException">The folder could not be removed.</exception>
    public Task StopAsync()
    {
        lock (_lock)
            return _stopping ??= Task.Run(StopOnceAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Asks members in other processes what they do.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken = default) => Task.WhenAll(Members.Select(m => m.RefreshAsync(cancellationToken)));

    /// <summary>A member by its number.</summary>
    /// <exception cref="LocalEnsembleException">There is none.</exception>
    public LocalMember Member(long id) => Members.FirstOrDefault(m => m.Id == id) ?? throw new LocalEnsembleException(
        LocalEnsembleProblem.NoMember, $"Ensemble '{Name}' has no member {id}.", $"Its members are {string.Join(", ", Members.Select(static m => m.Id))}.", id);

    /// <summary>The password of <c>super</c>, who may change the ensemble's configuration; null when its settings name another.</summary>
    public string? SuperPassword => _folder.Description?.SuperPassword;

    /// <summary>
    /// Makes the folder of one more member, which is then to be started, and added by a reconfiguration with its
    /// <see cref="ServerLineOf">server line</see>.
    /// </summary>
    /// <param name="observer">Whether it follows without a vote.</param>
    /// <param name="serverLines">The lines of the present members, <c>server.N=…</c>.</param>
    /// <exception cref="LocalEnsembleException">A standalone server can't have other members.</exception>
    /// <exception cref="IOException">The folder can't be made.</exception>
    public LocalMember PrepareMember(bool observer, IEnumerable<string> serverLines)
    {
        if (!_folder.Members[0].Config.IsDistributed || _folder.Description is null)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.State, $"'{Name}' is a standalone server, which can't become an ensemble while it runs.",
                "Start an ensemble with -Members 3 in a new folder and copy the znodes.");
        }

        LocalMember member = Host(_folder.AddMember(observer, serverLines));
        Network?.Add(member.Id);
        lock (_lock)
            _members = [.. _members, member];
        return member;
    }

    /// <summary>A member as a reconfiguration names it, <c>server.N=…</c>.</summary>
    public static string ServerLineOf(LocalMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return $"server.{member.Id}={member.Folder.Config.Servers[member.Id]}";
    }

    /// <summary>Stops a member that is no part of the ensemble's configuration any more, and forgets it.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="deleteData">Whether to delete its folder, which goes with the ensemble anyway if that is temporary.</param>
    /// <param name="cancellationToken">Gives up waiting for its stop.</param>
    /// <exception cref="LocalEnsembleException">There is no such member.</exception>
    /// <exception cref="IOException">The folder can't be deleted.</exception>
    public async Task DiscardMemberAsync(long id, bool deleteData, CancellationToken cancellationToken = default)
    {
        LocalMember member = Member(id);
        await member.StopAsync(cancellationToken).ConfigureAwait(false);
        Network?.Remove(id);
        lock (_lock)
            _members = [.. _members.Where(m => m != member)];
        if (_options.OutOfProcess)
            EnsembleStore.Update(Name, record => record with { Members = [.. record.Members.Where(m => m.Id != id)] });
        _folder.RemoveMember(id, deleteData || IsTemporary);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private LocalMember Host(MemberFolder folder, RecordedMember? process = null) => _options.OutOfProcess
        ? new ProcessMember(Name, folder, _executable, process)
        : new InProcessMember(Name, folder, Network);

    /// <summary>Lets other processes find it, from before there is anything to find.</summary>
    private void Note()
    {
        if (!_options.OutOfProcess)
            return;
        var record = new EnsembleRecord { Name = Name, DataPath = DataPath, IsTemporary = IsTemporary, ExecutablePath = _executable, Started = DateTimeOffset.Now };
        if (EnsembleStore.TryAdd(record))
            return;
        _folder.Discard();
        DeleteTemporary();
        throw new LocalEnsembleException(
            LocalEnsembleProblem.Exists, $"An ensemble named '{Name}' exists already.", "Use it (Get-CoordEnsemble), stop it (Stop-CoordEnsemble), or choose another name.");
    }

    private void Forget()
    {
        if (_options.OutOfProcess)
            EnsembleStore.Remove(Name);
    }

    private async Task StartMembersAsync(CancellationToken cancellationToken)
    {
        Task[] starting = [.. Members.Select(m => m.StartAsync(cancellationToken))];
        await Task.WhenAll(starting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A port that is taken is the problem that can be helped, whatever else went wrong.
        Exception[] failures = [.. starting.Where(static t => t.IsFaulted).Select(static t => t.Exception!.InnerException!)];
        if (failures.Length > 0)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.FirstOrDefault(static e => e is LocalEnsembleException { Problem: LocalEnsembleProblem.Address }) ?? failures[0]);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task FormAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.Timeout);
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
                $"Ensemble '{Name}' has no quorum after {_options.Timeout.TotalSeconds:0} s: {string.Join(", ", Members.Select(static m => $"member {m.Id} {Describe(m)}"))}.",
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

    private async Task StopOnceAsync()
    {
        await StopMembersAsync(kill: false).ConfigureAwait(false);
        Forget();
        _folder.ReleasePorts();
        DeleteTemporary();
    }

    private async Task StopMembersAsync(bool kill)
    {
        // Followers first, together: the leader has nobody to hand over to then, and does not try.
        LocalMember? leader = kill ? null : Leader;
        await Task.WhenAll(Members.Where(m => m != leader).Select(m => kill ? m.KillAsync() : m.StopAsync())).ConfigureAwait(false);
        if (leader is not null)
            await leader.StopAsync().ConfigureAwait(false);
    }

    private void DeleteTemporary()
    {
        if (IsTemporary && Directory.Exists(DataPath))
            Directory.Delete(DataPath, recursive: true);
    }
}
