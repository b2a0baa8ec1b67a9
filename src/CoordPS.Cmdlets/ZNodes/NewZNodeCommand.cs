using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Creates znodes and emits them. Within <c>Invoke-ZNodeTransaction</c> it adds the creation to the transaction.</summary>
[Cmdlet(VerbsCommon.New, "ZNode", SupportsShouldProcess = true, DefaultParameterSetName = SwitchSet)]
[OutputType(typeof(ZNode))]
[OutputType(typeof(ZNodeOperation))]
public sealed class NewZNodeCommand : WriteZNodeCmdlet
{
    private const string SwitchSet = "Switches";
    private const string ModeSet = "Mode";

    private CreateMode _mode;

    /// <summary>Paths, relative to the session's chroot; of a sequential znode, the part before the counter.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The data: text, bytes, or with <c>-As Json</c> any object. Default: none.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? Data { get; set; }

    /// <summary>The mode, by the names that Apache ZooKeeper gives them.</summary>
    [Parameter(ParameterSetName = ModeSet, Mandatory = true)]
    public CreateMode Mode { get; set; }

    /// <summary>The znode goes with the session.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter Ephemeral { get; set; }

    /// <summary>The server appends a ten-digit counter of the parent's to the name.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter Sequential { get; set; }

    /// <summary>The server removes the znode some time after its last child is gone.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter Container { get; set; }

    /// <summary>
    /// The server removes the znode when it has not been modified for so long and has no children: <c>30s</c>, <c>5m</c>, a TimeSpan, or a
    /// number of seconds. Needs <c>extendedTypesEnabled</c> on the servers.
    /// </summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan TimeToLive { get; set; }

    /// <summary>The access control list: entries such as <c>world:anyone:cdrwa</c>, or <c>Open</c> (the default), <c>ReadOnly</c>, <c>Creator</c>.</summary>
    [Parameter]
    [AclTransformation]
    [ArgumentCompleter(typeof(AclCompleter))]
    public Acl[]? Acl { get; set; }

    /// <summary>Creates missing parents as well, persistent and with no data.</summary>
    [Parameter]
    public SwitchParameter Parents { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (Parents)
            RefuseDeferred(nameof(Parents));
        _mode = ChooseMode();
        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path, _mode.IsSequential))
                continue;
            byte[]? data;
            try
            {
                data = BytesOf(Data, path);
            }
            catch (CoordException e)
            {
                await SubmitErrorAsync(e);
                continue;
            }

            TimeSpan? ttl = _mode.IsTtl ? TimeToLive : null;
            if (IsDeferred)
            {
                Defer(ZooKeeperOperation.Create(path, data, _mode, Acl, ttl));
                continue;
            }

            if (!ShouldProcess(path, $"Create znode ({_mode})"))
                continue;
            CoordSession session = CurrentSession;
            await SubmitAsync(path, cancel => CreateAsync(session.Client, path, data, ttl, cancel), created =>
            {
                WriteVerbose($"Created {created.Path}.");
                WriteObject(new ZNode(session, created.Path, created.Stat)
                {
                    Data = data,
                    HasData = true,
                    Value = ValueOf(data, created.Path),
                    Mode = _mode.IsTtl ? ZNodeMode.Ttl : _mode.IsContainer ? ZNodeMode.Container : _mode.IsEphemeral ? ZNodeMode.Ephemeral : ZNodeMode.Persistent,
                    TimeToLive = ttl,
                });
            });
        }
    }

    private CreateMode ChooseMode()
    {
        bool timed = IsBound(nameof(TimeToLive));
        string? conflict = (ParameterSetName == ModeSet, timed) switch
        {
            (true, true) when !Mode.IsTtl => $"-TimeToLive does not go with -Mode {Mode}.",
            (true, false) when Mode.IsTtl => $"-Mode {Mode} needs -TimeToLive.",
            (false, _) when (Container && (Ephemeral || Sequential || timed)) || (Ephemeral && timed) =>
                "-Ephemeral, -Container and -TimeToLive exclude each other, and containers can't be sequential.",
            _ when timed && !EphemeralOwner.IsValidTtl((long)TimeToLive.TotalMilliseconds) =>
                $"A time to live is 1 ms to {TimeSpan.FromMilliseconds(EphemeralOwner.MaxTtlMilliseconds).TotalDays:0} days.",
            _ => null,
        };
        if (conflict is not null)
        {
            ThrowTerminatingError(ErrorRecords.From(
                new CoordException("BadMode", ErrorCode.BadArguments, conflict, "Choose one kind of znode: see Get-Help New-ZNode."), null));
        }

        if (ParameterSetName == ModeSet)
            return Mode;
        return (Ephemeral.IsPresent, Sequential.IsPresent, timed) switch
        {
            (true, true, _) => CreateMode.EphemeralSequential,
            (true, false, _) => CreateMode.Ephemeral,
            (_, true, true) => CreateMode.PersistentSequentialWithTtl,
            (_, true, false) => CreateMode.PersistentSequential,
            (_, _, true) => CreateMode.PersistentWithTtl,
            _ => Container ? CreateMode.Container : CreateMode.Persistent,
        };
    }

    private async Task<(string Path, Stat Stat)> CreateAsync(
        ZooKeeperClient client, string path, byte[]? data, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        CreateResult created;
        try
        {
            created = await client.CreateAsync(path, data, _mode, Acl, ttl, cancellationToken).ConfigureAwait(false);
        }
        catch (NoNodeException) when (Parents)
        {
            await client.EnsurePathAsync(ZPath.Parent(path), ct: cancellationToken).ConfigureAwait(false);
            created = await client.CreateAsync(path, data, _mode, Acl, ttl, cancellationToken).ConfigureAwait(false);
        }

        // Servers before 3.5 answer with the path alone.
        return (created.Path, created.Stat ?? await client.StatAsync(created.Path, cancellationToken).ConfigureAwait(false));
    }
}
