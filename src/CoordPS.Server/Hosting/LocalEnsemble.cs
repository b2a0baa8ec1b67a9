namespace CoordPS.Server.Hosting;

/// <summary>
/// An ensemble on this machine, its members in this process or in processes of their own. Use <see cref="Open"/> for a new one, or for
/// one that a folder holds, then <see cref="StartAsync"/>.
/// </summary>
public sealed class LocalEnsemble : HostedEnsemble
{
    private const int PortAttempts = 5;

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

    /// <inheritdoc/>
    public override string Name => _options.Name;

    /// <inheritdoc/>
    public override LocalEnsembleKind Kind => _options.OutOfProcess ? LocalEnsembleKind.OutOfProcess : LocalEnsembleKind.InProcess;

    /// <inheritdoc/>
    public override string DataPath => _folder.Path;

    /// <inheritdoc/>
    public override bool IsTemporary { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<LocalMember> Members
    {
        get
        {
            lock (_lock)
                return [.. _members];
        }
    }

    /// <inheritdoc/>
    public override FaultNetwork? Network { get; }

    /// <inheritdoc/>
    public override bool IsStopped
    {
        get
        {
            lock (_lock)
                return _stopping is not null;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ConfigWarning> Warnings => _folder.Members[0].Config.Warnings;

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

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken = default)
    {
        Note();
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    await StartMembersAsync(cancellationToken).ConfigureAwait(false);
                    await FormAsync(_options.Timeout, cancellationToken).ConfigureAwait(false);
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

    /// <inheritdoc/>
    public override Task StopAsync()
    {
        lock (_lock)
            return _stopping ??= Task.Run(StopOnceAsync);
    }

    /// <inheritdoc/>
    public override async Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Directory.Exists(DataPath))
            Directory.Delete(DataPath, recursive: true);
    }

    /// <inheritdoc/>
    public override string? SuperPassword => _folder.Description?.SuperPassword;

    /// <inheritdoc/>
    public override LocalMember PrepareMember(bool observer, IEnumerable<string> serverLines)
    {
        if (!_folder.Members[0].Config.IsDistributed || _folder.Description is null)
        {
            throw Standalone();
        }

        LocalMember member = Host(_folder.AddMember(observer, serverLines));
        Network?.Add(member.Id);
        lock (_lock)
            _members = [.. _members, member];
        return member;
    }

    /// <inheritdoc/>
    public override async Task DiscardMemberAsync(long id, bool deleteData, CancellationToken cancellationToken = default)
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

    private async Task StopOnceAsync()
    {
        await StopMembersAsync(kill: false).ConfigureAwait(false);
        Forget();
        _folder.ReleasePorts();
        DeleteTemporary();
    }

    private void DeleteTemporary()
    {
        if (IsTemporary && Directory.Exists(DataPath))
            Directory.Delete(DataPath, recursive: true);
    }
}
