using System.Management.Automation;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>What the cmdlets that store data have in common.</summary>
public abstract class WriteZNodeCmdlet : ChangeZNodeCmdlet
{
    private DataConverter? _converter;
    private bool _dataGiven;

    /// <summary>A znode from the pipeline: its path and data are used unless they are given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, DontShow = true)]
    [Alias("Node")]
    public ZNode? InputObject { get; set; }

    /// <summary>What the data is: <c>Json</c> stores any object as JSON; by default text and bytes are stored as they are.</summary>
    [Parameter]
    public ZNodeDataFormat As { get; set; }

    /// <summary>The encoding of text and JSON; default UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        _dataGiven = IsBound("Data");
        return base.BeginAsync();
    }

    private DataConverter Converter => _converter ??= new DataConverter(As, Encoding, InvokeCommand);

    /// <summary>What the bytes that were stored stand for.</summary>
    private protected object? ValueOf(byte[]? data, string path)
    {
        try
        {
            return Converter.ToValue(data, path);
        }
        catch (CoordException)
        {
            // They came with a znode and are not what -As says of values given: they have been stored as they are.
            return data;
        }
    }

    /// <summary>The bytes to store.</summary>
    /// <exception cref="CoordException">The value can't be stored as asked, or was never read.</exception>
    private protected byte[]? BytesOf(object? data, string path)
    {
        if (!_dataGiven && InputObject is { HasData: false })
        {
            throw new CoordException(
                "DataNotRead", ErrorCode.BadArguments, $"The data of '{InputObject.Path}' was not read, so there is none to store in '{path}'.",
                "Leave out -NoData where it is read, or give -Data.", path);
        }

        // Bytes that come with a znode are stored as they are, whatever the format of values given.
        if (!_dataGiven && InputObject is not null)
            return InputObject.Data;
        return Converter.ToBytes(data, path);
    }
}
