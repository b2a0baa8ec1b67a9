using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Reads the access control lists of znodes.</summary>
[Cmdlet(VerbsCommon.Get, "ZNodeAcl")]
[OutputType(typeof(ZNodeAcl))]
public sealed class GetZNodeAclCommand : PipelinedCmdlet
{
    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            CoordSession session = CurrentSession;
            await SubmitAsync(path, cancel => session.Client.GetAclAsync(path, cancel), read => WriteObject(new ZNodeAcl(session, path, read.Acl, read.Stat)));
        }
    }
}
