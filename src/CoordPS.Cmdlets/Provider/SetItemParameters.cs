using System.Management.Automation;
using System.Text;

namespace CoordPS.Cmdlets;

/// <summary>What <c>Set-Item</c> takes for znodes.</summary>
public class SetItemParameters
{
    /// <summary>What the value is: <c>Json</c> stores any object as JSON; by default text and bytes are stored as they are.</summary>
    [Parameter]
    public ZNodeDataFormat As { get; set; }

    /// <summary>The encoding of text and JSON; default UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;
}
