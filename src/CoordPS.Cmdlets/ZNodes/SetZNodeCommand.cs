using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Sets the data of znodes and emits them as they are then. Unconditionally, unless a version is given or the version that a piped znode was
/// read with is to be compared. Within <c>Invoke-ZNodeTransaction</c> it adds the change to the transaction.
/// </summary>
[Cmdlet(VerbsCommon.Set, "ZNode", SupportsShouldProcess = true, DefaultParameterSetName = AnySet)]
[OutputType(typeof(ZNode))]
[OutputType(typeof(ZNodeOperation))]
public sealed class SetZNodeCommand : WriteZNodeCmdlet
{
    private const string AnySet = "Any";
    private const string VersionSet = "Version";
    private const string UnchangedSet = "IfUnchanged";
    private const string CreateSet = "Create";

    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The data: text, bytes, or with <c>-As Json</c> any object.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? Data { get; set; }

    /// <summary>The version that the znode has to have, else the error is <c>BadVersion</c> and nothing is changed.</summary>
    /// <remarks>Not taken from the pipeline: <c>Get-ZNode | Set-ZNode</c> overwrites, as <c>Set-</c> cmdlets do; <c>-IfUnchanged</c> compares.</remarks>
    [Parameter(ParameterSetName = VersionSet, Mandatory = true)]
    [ValidateRange(0, int.MaxValue)]
    public int Version { get; set; } = -1;

    /// <summary>Sets a piped znode only if it has not been set since it was read, else the error is <c>BadVersion</c>.</summary>
    [Parameter(ParameterSetName = UnchangedSet, Mandatory = true)]
    public SwitchParameter IfUnchanged { get; set; }

    /// <summary>Creates the znode, persistent, if it does not exist.</summary>
    [Parameter(ParameterSetName = CreateSet, Mandatory = true)]
    public SwitchParameter Create { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (Create)
            RefuseDeferred(nameof(Create));
        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            byte[]? data;
            int version;
            try
            {
                data = BytesOf(Data, path);
                version = VersionFor(path);
            }
            catch (CoordException e)
            {
                await SubmitErrorAsync(e);
                continue;
            }

            if (IsDeferred)
            {
                Defer(ZooKeeperOperation.SetData(path, data, version));
                continue;
            }

            if (!ShouldProcess(path, version < 0 ? "Set data" : $"Set data if the version is {version}"))
                continue;
            CoordSession session = CurrentSession;
            await SubmitAsync(path, cancel => SetAsync(session.Client, path, data, version, cancel), stat =>
            {
                WriteVerbose($"Set {path}: version {stat.Version}, {stat.DataLength} bytes.");
                WriteObject(new ZNode(session, path, stat) { Data = data, HasData = true, Value = ValueOf(data, path) });
            });
        }
    }

    private int VersionFor(string path)
    {
        if (!IfUnchanged)
            return Version;
        if (InputObject is { } read && read.Path == path)
            return read.Version;
        throw new CoordException(
            "NoVersionRead", ErrorCode.BadArguments, $"-IfUnchanged compares the version of a znode from the pipeline, and '{path}' is none.",
            "Pipe what Get-ZNode emits, or give -Version.", path);
    }

    private async Task<Stat> SetAsync(ZooKeeperClient client, string path, byte[]? data, int version, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await client.SetDataAsync(path, data, version, cancellationToken).ConfigureAwait(false);
            }
            catch (NoNodeException) when (Create)
            {
            }

            try
            {
                CreateResult created = await client.CreateAsync(path, data, ct: cancellationToken).ConfigureAwait(false);
                return created.Stat ?? await client.StatAsync(path, cancellationToken).ConfigureAwait(false);
            }
            catch (NodeExistsException)
            {
                // Somebody else was faster: set it after all.
            }
        }
    }
}
