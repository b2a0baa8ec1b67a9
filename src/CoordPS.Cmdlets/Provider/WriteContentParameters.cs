using System.Management.Automation;
using System.Text;

namespace CoordPS.Cmdlets;

/// <summary>What <c>Set-Content</c> and <c>Add-Content</c> take for znodes.</summary>
public sealed class WriteContentParameters
{
    /// <summary>The encoding of the text; default UTF-8. No byte order mark is written.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;

    /// <summary>Takes bytes only. Values that are all bytes are stored as bytes without it, too.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Puts nothing between the values; by default each is a line.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>The version that the znode has to have, else the error is <c>BadVersion</c> and nothing is changed.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Version { get; set; } = -1;
}
