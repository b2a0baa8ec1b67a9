using System.Management.Automation;
using CoordPS.Client;

namespace CoordPS.Cmdlets;

/// <summary>Removes the quotas of trees; the trees stay.</summary>
[Cmdlet(VerbsCommon.Remove, "ZNodeQuota", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveZNodeQuotaCommand : QuotaCmdlet
{
    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path) || !ShouldProcess(path, "Remove quota"))
                continue;
            ZooKeeperClient client = Client;
            await SubmitAsync(
                path,
                async cancel => await client.RemoveQuotaAsync(path, cancel).ConfigureAwait(false) ? true : throw NoQuota(path),
                _ => WriteVerbose($"Removed the quota of {path}."));
        }
    }
}
