using System.Diagnostics;
using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>The progress of a push or pull: a bar for the image, and below it one for each layer that is on its way.</summary>
internal sealed class TransferProgress(Cmdlet cmdlet, string activity)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, Layer> _layers = new(StringComparer.Ordinal);
    private readonly int _id = ProgressReporter.NextId();
    private bool _begun;

    public void Report(TransferEvent happened)
    {
        if (happened.Layer is null)
            return;
        if (!_layers.TryGetValue(happened.Layer, out Layer? layer))
            _layers.Add(happened.Layer, layer = new Layer(ProgressReporter.NextId()));
        bool moves = happened is { Current: not null, Total: > 0 };
        layer.Ended = !moves && happened.Status is "Pushed" or "Pull complete" or "Already exists" or "Layer already exists"
            || happened.Status.StartsWith("Mounted from ", StringComparison.Ordinal);
        layer.Percent = moves ? (int)Math.Min(100, 100 * happened.Current!.Value / happened.Total!.Value) : -1;
        if (layer.Ended ? !layer.Shown : Stopwatch.GetElapsedTime(layer.ShownAt) < Interval)
            return;
        layer.Shown = _begun = true;
        layer.ShownAt = Stopwatch.GetTimestamp();
        int ended = _layers.Values.Count(static l => l.Ended);
        cmdlet.WriteProgress(new ProgressRecord(_id, activity, $"{ended} of {_layers.Count} layers") { PercentComplete = 100 * ended / _layers.Count });
        cmdlet.WriteProgress(new ProgressRecord(layer.Id, happened.Layer, happened.Status)
        {
            ParentActivityId = _id,
            PercentComplete = layer.Percent,
            RecordType = layer.Ended ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    }

    /// <summary>Takes the bars off the screen.</summary>
    public void Complete()
    {
        if (_begun)
            cmdlet.WriteProgress(new ProgressRecord(_id, activity, "Done") { RecordType = ProgressRecordType.Completed });
    }

    private sealed class Layer(int id)
    {
        public int Id => id;

        public int Percent { get; set; }

        public bool Ended { get; set; }

        public bool Shown { get; set; }

        public long ShownAt { get; set; }
    }
}
