using System.Management.Automation;
using System.Text;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Receives messages from a queue and emits them as they come. A message leaves the queue when it is received; with <c>-Redeliver</c> it stays,
/// locked, until it is completed, and goes to another consumer if this one fails.
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "CoordMessage", DefaultParameterSetName = ReceiveSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordMessage))]
public sealed class ReceiveCoordMessageCommand : RecipeCmdlet
{
    private const string ReceiveSet = "Receive";
    private const string BlockSet = "ScriptBlock";
    private const string PeekSet = "Peek";

    private DataConverter _converter = null!;

    /// <summary>The queue's path.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>
    /// What to do with each message, which is <c>$_</c>. Implies <c>-Redeliver</c>: when the block ends the message is completed, when it throws
    /// the message is given back and the cmdlet ends, and when the message is lost to another consumer the block is stopped.
    /// </summary>
    [Parameter(Position = 1, Mandatory = true, ParameterSetName = BlockSet)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>How many to receive; default 1. 0 goes on until Ctrl+C or the timeout.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Count { get; set; } = 1;

    /// <summary>How long to wait for each message; default: as long as it takes. 0 takes what is there.</summary>
    [Parameter(ParameterSetName = ReceiveSet)]
    [Parameter(ParameterSetName = BlockSet)]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Keep each message in the queue until it is completed: <c>$message.Complete()</c>. All consumers must do so.</summary>
    [Parameter(ParameterSetName = ReceiveSet)]
    public SwitchParameter Redeliver { get; set; }

    /// <summary>Show the messages that are there and leave them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PeekSet)]
    public SwitchParameter Peek { get; set; }

    /// <summary>How the queue writes its messages; all who use it must agree.</summary>
    [Parameter]
    public QueueLayout Layout { get; set; }

    /// <summary>What <c>Value</c> takes the message for: by default text where the bytes are text, else bytes.</summary>
    [Parameter]
    public ZNodeDataFormat As { get; set; }

    /// <summary>The encoding of text and JSON; default UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = Encoding.UTF8;

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        _converter = new DataConverter(As, Encoding, InvokeCommand);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (Check(Path) is { } bad)
        {
            WriteError(bad, Path);
            return;
        }

        CoordSession session = CurrentSession;
        var queue = new DistributedQueue(session.Client, Path, new QueueOptions { Layout = Layout, Redeliver = Redeliver || ParameterSetName == BlockSet });
        if (Peek)
        {
            foreach (QueueMessage message in await queue.PeekAsync(IsBound(nameof(Count)) && Count > 0 ? Count : int.MaxValue, Cancellation))
                WriteObject(new CoordMessage(session, Path, message, ValueOf(message)));
            return;
        }

        if (!ShouldProcess(Path, "Receive messages"))
            return;
        for (int received = 0; Count == 0 || received < Count; received++)
        {
            QueueMessage? message = await WaitAsync(ReceiveAsync(queue), $"Waiting for messages in {Path}", _ => Task.FromResult($"{received} received"));
            if (message is null)
            {
                WriteVerbose($"No message in {Path} within {Timeout!.Value.TotalSeconds:0.###} s.");
                return;
            }

            CoordMessage emitted;
            try
            {
                emitted = new CoordMessage(session, Path, message, ValueOf(message));
            }
            catch
            {
                // With -ErrorAction Stop the error that it can't be read is the end, and nobody has it.
                await message.DisposeAsync();
                throw;
            }

            if (ParameterSetName == BlockSet)
            {
                await HandleAsync(emitted);
                continue;
            }

            if (Redeliver)
                RunspaceState.Current.Held.Add(emitted);
            WriteObject(emitted);
        }
    }

    private async Task<QueueMessage?> ReceiveAsync(DistributedQueue queue) =>
        Timeout is { } timeout ? await queue.TryReceiveAsync(timeout, Cancellation).ConfigureAwait(false) : await queue.ReceiveAsync(Cancellation).ConfigureAwait(false);

    private async Task HandleAsync(CoordMessage message)
    {
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            // Not when the block itself completes it, or gives it back.
            using CancellationTokenRegistration lost = message.Message.LostToken.Register(() =>
            {
                if (message.State != LockState.Released)
                    stop.Cancel();
            });
            if (ScriptBlockRunner.Run(this, ScriptBlock, message, stop.Token) && await CompleteAsync(message))
                return;
            Cancellation.ThrowIfCancellationRequested();
            WriteError(
                new CoordException(
                    "MessageLost", ErrorCode.ConnectionLoss, $"Message '{message.ZNode}' may go to another consumer, because the connection to the ensemble was lost: the script block was stopped, or what it did may be done again.",
                    "Nothing: it is delivered again. Make sure that handling a message twice does no harm.", message.ZNode, null, ErrorCategory.OperationStopped),
                message.ZNode);
        }
        finally
        {
            await message.Message.DisposeAsync();
        }
    }

    /// <summary>Whether it is done with: by the block, or now.</summary>
    private async Task<bool> CompleteAsync(CoordMessage message)
    {
        if (message.State == LockState.Released)
            return true;
        try
        {
            await message.Message.CompleteAsync(Cancellation);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private object? ValueOf(QueueMessage message)
    {
        try
        {
            return _converter.ToValue(message.Data, message.Path);
        }
        catch (CoordException e)
        {
            // It has left the queue: an error must not lose it.
            WriteError(e, message.Path);
            return message.Data;
        }
    }
}
