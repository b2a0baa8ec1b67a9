using System.Management.Automation;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Reads znodes as the caller wants their data: its format, its encoding, or not at all.</summary>
internal sealed class ZNodeReader(ZNodeDataFormat format, Encoding encoding, bool noData, CommandInvocationIntrinsics commands)
{
    private readonly DataConverter _converter = new(format, encoding, commands);

    /// <summary>Whether the data is read as well as the metadata.</summary>
    public bool WithData => !noData;

    /// <summary>Asks the server.</summary>
    public async Task<ZNodeData> ReadAsync(ZooKeeperClient client, string path, CancellationToken cancellationToken) =>
        noData
            ? new ZNodeData(null, await client.StatAsync(path, cancellationToken).ConfigureAwait(false))
            : await client.GetDataAsync(path, cancellationToken).ConfigureAwait(false);

    /// <summary>The object for what was read. Has to run on the pipeline thread.</summary>
    /// <exception cref="CoordException">The data is not what the caller wants it taken for.</exception>
    public ZNode Create(CoordSession session, string path, byte[]? data, Stat stat) => new(session, path, stat)
    {
        Data = data,
        HasData = !noData,
        Value = noData ? null : _converter.ToValue(data, path),
    };
}
