using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Replaces the access control lists of znodes and emits them as they are then.</summary>
[Cmdlet(VerbsCommon.Set, "ZNodeAcl", SupportsShouldProcess = true)]
[OutputType(typeof(ZNodeAcl))]
public sealed class SetZNodeAclCommand : PipelinedCmdlet
{
    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>
    /// The list: entries such as <c>world:anyone:r</c> or <c>digest:user:hash:cdrwa</c>, or <c>Open</c>, <c>ReadOnly</c>, <c>Creator</c> (the
    /// identities of this session).
    /// </summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AclTransformation]
    [ArgumentCompleter(typeof(AclCompleter))]
    public Acl[] Acl { get; set; } = [];

    /// <summary>The version that the list has to have (AclVersion), else the error is <c>BadVersion</c> and nothing is changed.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Version { get; set; } = -1;

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path) || !ShouldProcess(path, $"Set access control list to {string.Join(",", Acl)}"))
                continue;
            CoordSession session = CurrentSession;
            Acl[] acl = Acl;
            await SubmitAsync(path, cancel => SetAsync(session, path, acl, cancel), WriteObject);
        }
    }

    private async Task<ZNodeAcl> SetAsync(CoordSession session, string path, Acl[] acl, CancellationToken cancellationToken)
    {
        Stat stat = await session.Client.SetAclAsync(path, acl, Version, cancellationToken).ConfigureAwait(false);
        // What the server made of auth: is for it to say.
        if (acl.Any(entry => entry.Id.Scheme == AclId.AuthIds.Scheme))
            acl = [.. (await session.Client.GetAclAsync(path, cancellationToken).ConfigureAwait(false)).Acl];
        return new ZNodeAcl(session, path, acl, stat);
    }
}
