using System.Globalization;
using System.Runtime.CompilerServices;

namespace CoordPS.Containers;

/// <content>What happens on the engine.</content>
public sealed partial class DockerEngineClient
{
    /// <summary>The engine's clock.</summary>
    public async Task<DateTimeOffset> GetTimeAsync(CancellationToken ct = default) =>
        (await SendAsync(EngineRequest.Get("info", "ask the engine for its time"), ContainerJson.Default.SystemJson, ct).ConfigureAwait(false)).SystemTime;

    /// <summary>Reads events as they happen, until the connection ends. See <see cref="EngineEventFeed"/> for one that goes on.</summary>
    /// <param name="sinceNanoseconds">The first moment, by the engine's clock, in nanoseconds since 1970; null for now. Engines remember the last 256 events.</param>
    /// <param name="until">The last moment; null for never.</param>
    /// <param name="filters">What to read, as <c>type</c>, <c>event</c>, <c>container</c>, <c>label</c>, each with its values.</param>
    /// <param name="ct">Ends it.</param>
    public async IAsyncEnumerable<EngineEvent> ReadEventsAsync(
        long? sinceNanoseconds = null, DateTimeOffset? until = null, IReadOnlyDictionary<string, string[]>? filters = null,
        [EnumeratorCancellation] CancellationToken ct = default)
    {
        EngineRequest request = EngineRequest.Get("events", "watch the engine's events")
            .With("since", sinceNanoseconds is { } since ? string.Create(CultureInfo.InvariantCulture, $"{since / 1_000_000_000}.{since % 1_000_000_000:000000000}") : null)
            .With("until", until is { } end ? UnixTime(end) : null)
            .WithFilters(new Dictionary<string, string[]>(filters ?? new Dictionary<string, string[]>()));
        await foreach (EventJson json in StreamAsync(request, ContainerJson.Default.EventJson, ct).ConfigureAwait(false))
            yield return ContainerMapping.FromJson(json);
    }
}
