using System.Threading.Channels;

namespace CoordPS.Cmdlets;

/// <summary>Has the pipeline thread do things for work that runs off it, in order; it makes the work wait while the pipeline does.</summary>
internal sealed class TreePoster(ChannelWriter<Action> writer, CancellationToken cancellationToken)
{
    /// <summary>Posts from code that can't await.</summary>
    public void Post(Action action)
    {
        if (!writer.TryWrite(action))
            PostAsync(action).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Posts, when there is room.</summary>
    public ValueTask PostAsync(Action action) => writer.WriteAsync(action, cancellationToken);
}
