using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Limits the number of znodes or the bytes of data of trees. A soft limit that is exceeded is logged by the servers; a hard one makes them
/// refuse the change, with servers of 3.8 or later that run with <c>enforceQuota=true</c>. Limits not given stay as they are.
/// </summary>
[Cmdlet(VerbsCommon.Set, "ZNodeQuota", SupportsShouldProcess = true)]
[OutputType(typeof(ZNodeQuota))]
public sealed class SetZNodeQuotaCommand : QuotaCmdlet
{
    /// <summary>The most znodes, the root included, softly; -1 for no limit.</summary>
    [Parameter]
    [ValidateRange(-1, long.MaxValue)]
    public long Count { get; set; } = -1;

    /// <summary>The most bytes of data, softly; -1 for no limit.</summary>
    [Parameter]
    [ValidateRange(-1, long.MaxValue)]
    public long Bytes { get; set; } = -1;

    /// <summary>The most znodes, the root included; -1 for no limit.</summary>
    [Parameter]
    [ValidateRange(-1, long.MaxValue)]
    public long CountHardLimit { get; set; } = -1;

    /// <summary>The most bytes of data; -1 for no limit.</summary>
    [Parameter]
    [ValidateRange(-1, long.MaxValue)]
    public long ByteHardLimit { get; set; } = -1;

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (!IsBound(nameof(Count)) && !IsBound(nameof(Bytes)) && !IsBound(nameof(CountHardLimit)) && !IsBound(nameof(ByteHardLimit)))
        {
            ThrowTerminatingError(ErrorRecords.From(
                new CoordException(
                    "NoLimit", ErrorCode.BadArguments, "No limit is given.", "Give -Count, -Bytes, -CountHardLimit or -ByteHardLimit; Remove-ZNodeQuota removes all."), null));
        }

        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path) || !ShouldProcess(path, "Set quota"))
                continue;
            ZooKeeperClient client = Client;
            await SubmitAsync(path, cancel => SetAsync(client, path, cancel), quota => WriteObject(quota));
        }
    }

    private async Task<ZNodeQuota> SetAsync(ZooKeeperClient client, string path, CancellationToken cancellationToken)
    {
        ZNodeQuota before = await client.GetQuotaAsync(path, cancellationToken).ConfigureAwait(false) ?? new ZNodeQuota(path);
        var quota = new ZNodeQuota(path)
        {
            Count = IsBound(nameof(Count)) ? Count : before.Count,
            Bytes = IsBound(nameof(Bytes)) ? Bytes : before.Bytes,
            CountHardLimit = IsBound(nameof(CountHardLimit)) ? CountHardLimit : before.CountHardLimit,
            ByteHardLimit = IsBound(nameof(ByteHardLimit)) ? ByteHardLimit : before.ByteHardLimit,
        };
        await client.SetQuotaAsync(quota, cancellationToken).ConfigureAwait(false);
        return await client.GetQuotaAsync(path, cancellationToken).ConfigureAwait(false) ?? throw NoQuota(path);
    }
}
