using System.Management.Automation;
using System.Threading.Channels;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Emits the lines that containers wrote, of both outputs. With <c>-Follow</c> it goes on as they write, all containers of the pipeline
/// at a time, until they have ended or Ctrl+C.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordContainerLog")]
[OutputType(typeof(CoordContainerLogLine))]
public sealed class GetCoordContainerLogCommand : ContainerCmdlet
{
    /// <summary>A line of the log, as what is shown with its time.</summary>
    private const string WithTime = "CoordPS.CoordContainerLogLine#Timestamps";

    private readonly List<(DockerEngineClient Engine, ContainerInfo Container)> _followed = [];

    /// <summary>Goes on with what they write from now on.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Begins there: a time, or a duration such as <c>10m</c> before now. Default: at the beginning.</summary>
    [Parameter]
    [MomentTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Ends there: a time, or a duration such as <c>10m</c> before now. Default: at the end.</summary>
    [Parameter]
    [MomentTransformation]
    public DateTimeOffset? Until { get; set; }

    /// <summary>How many lines from the end to begin with; default: all.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Only this output; default: both.</summary>
    [Parameter]
    public ContainerStream? Stream { get; set; }

    /// <summary>Shows each line with its time. The objects have it anyway.</summary>
    [Parameter]
    public SwitchParameter Timestamps { get; set; }

    private ContainerLogOptions Options => new()
    {
        Follow = Follow && !(Until <= DateTimeOffset.Now),
        Since = Since,
        Until = Until,
        Tail = Tail,
        Stdout = Stream is null or ContainerStream.Stdout,
        Stderr = Stream is null or ContainerStream.Stderr,
    };

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_followed.Count == 0)
            return;
        // Few: those who read it slowly slow down the engine, not this process.
        var lines = Channel.CreateBounded<(ContainerInfo Container, ContainerLogLine Line)>(256);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        // Engines notice that the time has come only when something more is written.
        if (Until is { } until && until < DateTimeOffset.Now.AddDays(30))
            ended.CancelAfter(TimeSpan.FromTicks(Math.Max(0, (until - DateTimeOffset.Now).Ticks)));
        Task<DockerException?>[] readers = [.. _followed.Select(one => PumpAsync(one.Engine, one.Container, lines.Writer, ended.Token))];
        _ = Task.WhenAll(readers).ContinueWith(_ => lines.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach ((ContainerInfo container, ContainerLogLine line) in lines.Reader.ReadAllAsync(Cancellation))
                Emit(container, line);
        }
        finally
        {
            await ended.CancelAsync();
        }

        for (int i = 0; i < readers.Length; i++)
        {
            if (await readers[i] is { } problem)
                WriteError(problem, _followed[i].Container.Name);
        }
    }

    private protected override async Task ProcessAsync(DockerEngineClient engine, ContainerInfo container)
    {
        if (Follow && !(Until <= DateTimeOffset.Now))
        {
            _followed.Add((engine, container));
            return;
        }

        await foreach (ContainerLogLine line in engine.ReadLogAsync(container, Options, Cancellation))
            Emit(container, line);
    }

    private async Task<DockerException?> PumpAsync(
        DockerEngineClient engine, ContainerInfo container, ChannelWriter<(ContainerInfo, ContainerLogLine)> writer, CancellationToken ct)
    {
        try
        {
            await foreach (ContainerLogLine line in engine.ReadLogAsync(container, Options, ct).ConfigureAwait(false))
                await writer.WriteAsync((container, line), ct).ConfigureAwait(false);
            return null;
        }
        catch (DockerException e)
        {
            return e;
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            // It has come to -Until, or nobody reads any more.
            return null;
        }
    }

    private void Emit(ContainerInfo container, ContainerLogLine line)
    {
        object shown = new CoordContainerLogLine(container, line);
        if (Timestamps)
        {
            PSObject wrapped = PSObject.AsPSObject(shown);
            wrapped.TypeNames.Insert(0, WithTime);
            shown = wrapped;
        }

        WriteObject(shown);
    }
}
