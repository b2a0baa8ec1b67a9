using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>What the cmdlets for quotas have in common.</summary>
public abstract class QuotaCmdlet : PipelinedCmdlet
{
    /// <summary>Roots of trees, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The error of a tree without a quota.</summary>
    private protected static CoordException NoQuota(string path) => new(
        "NoQuota", Protocol.ErrorCode.NoNode, $"'{path}' has no quota.", "Set one with Set-ZNodeQuota, or list those there are with Get-ZNodeQuota / -Recurse.", path);
}
