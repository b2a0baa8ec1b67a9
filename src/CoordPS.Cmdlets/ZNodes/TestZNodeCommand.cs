using System.Management.Automation;
using CoordPS.Client;

namespace CoordPS.Cmdlets;

/// <summary>
/// Tells whether znodes exist and, with <c>-Version</c>, have that version. Within <c>Invoke-ZNodeTransaction</c> it makes the whole
/// transaction depend on it.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "ZNode")]
[OutputType(typeof(bool))]
[OutputType(typeof(ZNodeOperation))]
public sealed class TestZNodeCommand : ChangeZNodeCmdlet
{
    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The version that it has to have; default any.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Version { get; set; } = -1;

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            if (IsDeferred)
                Defer(ZooKeeperOperation.Check(path, Version));
            else
                await SubmitAsync(path, cancel => Client.ExistsAsync(path, cancel), stat => WriteObject(stat is { } found && (Version < 0 || found.Version == Version)));
        }
    }
}
