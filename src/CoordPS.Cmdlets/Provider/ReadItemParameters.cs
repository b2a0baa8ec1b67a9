using System.Management.Automation;
using System.Text;

namespace CoordPS.Cmdlets;

/// <summary>What <c>Get-Item</c> and <c>Get-ChildItem</c> take for znodes, as <c>Get-ZNode</c> does.</summary>
public sealed class ReadItemParameters
{
    /// <summary>What <c>Value</c> takes the data for: by default text where the bytes are text, else bytes.</summary>
    [Parameter]
    public ZNodeDataFormat As { get; set; }

    /// <summary>The encoding of text and JSON; default UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;

    /// <summary>Reads only the metadata.</summary>
    [Parameter]
    public SwitchParameter NoData { get; set; }
}
