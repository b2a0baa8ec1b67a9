using System.Management.Automation;
using System.Text;

namespace CoordPS.Cmdlets;

/// <summary>What <c>Get-Content</c> takes for znodes.</summary>
public sealed class ReadContentParameters
{
    /// <summary>The encoding of the text; default UTF-8, where data that is no such text is an error and not mangled.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding? Encoding { get; set; }

    /// <summary>Emits bytes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Emits all of the data as one string or, with <c>-AsByteStream</c>, one array.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }
}
