using System.Management.Automation;
using CoordPS.Client;

namespace CoordPS.Cmdlets;

/// <summary>Shows the quotas of trees, and how much of them is used.</summary>
[Cmdlet(VerbsCommon.Get, "ZNodeQuota")]
[OutputType(typeof(ZNodeQuota))]
public sealed class GetZNodeQuotaCommand : QuotaCmdlet
{
    /// <summary>Shows the quotas of all trees at and below the paths; none is no error.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            ZooKeeperClient client = Client;
            if (!Recurse)
            {
                await SubmitAsync(
                    path, async cancel => await client.GetQuotaAsync(path, cancel).ConfigureAwait(false) ?? throw NoQuota(path), quota => WriteObject(quota));
                continue;
            }

            await foreach (string root in client.ListQuotasAsync(path, Cancellation))
            {
                await SubmitAsync(root, cancel => client.GetQuotaAsync(root, cancel), quota =>
                {
                    if (quota is not null)
                        WriteObject(quota);
                });
            }
        }
    }
}
