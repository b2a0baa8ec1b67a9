using System.Management.Automation;
using System.Text;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Sends messages to a queue, in the order of the pipeline.</summary>
[Cmdlet(VerbsCommunications.Send, "CoordMessage", SupportsShouldProcess = true)]
[OutputType(typeof(string))]
public sealed class SendCoordMessageCommand : PipelinedCmdlet
{
    private DataConverter? _converter;
    private DistributedQueue? _queue;

    /// <summary>The queue's path; created if need be.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>The message: text, bytes, or with <c>-As Json</c> any object.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Message")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? InputObject { get; set; }

    /// <summary>What a message is stored as: text, the default for what is no bytes, JSON or bytes.</summary>
    [Parameter]
    public ZNodeDataFormat As { get; set; }

    /// <summary>The encoding of text and JSON; default UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = Encoding.UTF8;

    /// <summary>How the queue writes its messages; all who use it must agree. <c>-Priority</c> and <c>-Delay</c> imply theirs.</summary>
    [Parameter]
    public QueueLayout Layout { get; set; }

    /// <summary>The smaller the earlier. Implies the layout <c>Priority</c> unless another is given.</summary>
    [Parameter]
    public int Priority { get; set; }

    /// <summary>How long before it may be received, by the consumers' clocks. Implies the layout <c>Delayed</c>.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Delay { get; set; }

    /// <summary>Find out what became of a send whose answer was lost, so that nothing is sent twice: at the price of a second round trip.</summary>
    [Parameter]
    public SwitchParameter Once { get; set; }

    /// <summary>Emit the path of each message's znode.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        if (!await CheckPathAsync(Path))
            return;
        _converter ??= new DataConverter(As, Encoding, InvokeCommand);
        QueueLayout layout = IsBound(nameof(Layout)) ? Layout
            : IsBound(nameof(Delay)) ? QueueLayout.Delayed
            : IsBound(nameof(Priority)) ? QueueLayout.Priority : QueueLayout.Simple;
        _queue ??= new DistributedQueue(CurrentSession.Client, Path, new QueueOptions { Layout = layout, ConfirmSends = Once });
        byte[] data;
        try
        {
            // A message of another queue goes on as it is.
            data = (InputObject is PSObject { BaseObject: CoordMessage message } ? message.Data : _converter.ToBytes(InputObject, Path)) ?? [];
        }
        catch (CoordException e)
        {
            await SubmitErrorAsync(e);
            return;
        }

        if (!ShouldProcess(Path, "Send message"))
            return;
        var options = new SendOptions
        {
            Priority = IsBound(nameof(Priority)) ? Priority : null,
            NotBefore = IsBound(nameof(Delay)) ? DateTimeOffset.UtcNow + Delay : null,
        };
        await SubmitAsync(Path, cancel => SendAsync(_queue, data, options, cancel), path =>
        {
            if (PassThru)
                WriteObject(path);
        });
    }

    private async Task<string> SendAsync(DistributedQueue queue, byte[] data, SendOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.SendAsync(data, options, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw new CoordException("BadLayout", ErrorCode.BadArguments, $"The message can't be sent to '{Path}' with these options: {e.Message}", "Use the -Layout that all who share the queue use.", Path, e);
        }
    }
}
