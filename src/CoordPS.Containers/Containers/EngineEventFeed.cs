using System.Runtime.CompilerServices;

namespace CoordPS.Containers;

/// <summary>
/// The events of an engine, each once, across losses of the connection: after one it goes on from the last event. What happened while the engine
/// itself was down, nobody has seen.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="filters">What to read, as <c>type</c>, <c>event</c>, <c>container</c>, <c>label</c>, each with its values.</param>
public sealed class EngineEventFeed(DockerEngineClient engine, IReadOnlyDictionary<string, string[]>? filters = null)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Events may come in another order than that of their times, by this much.</summary>
    private const long Overlap = 2_000_000_000;

    private readonly HashSet<(long Time, string Type, string Id, string Action, string? Detail)> _seen = [];
    private long _last;

    /// <summary>Reads events until it is canceled.</summary>
    /// <param name="since">The first moment, by the engine's clock; null for now.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="DockerException">The engine could not be asked at first; or it refuses.</exception>
    public async IAsyncEnumerable<EngineEvent> ReadAsync(DateTimeOffset? since = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        long start = _last = ((since ?? await engine.GetTimeAsync(ct).ConfigureAwait(false)).UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;
        // Whoever looks at the engine now has seen what happened before, and gets the events since.
        yield return EngineEvent.Connection("opened");
        TimeSpan pause = FirstPause;
        for (bool isFirst = true; ; isFirst = false)
        {
            DockerException? problem = null;
            IAsyncEnumerator<EngineEvent> events = engine.ReadEventsAsync(Math.Max(start, _last - Overlap), null, filters, ct).GetAsyncEnumerator(ct);
            await using (events.ConfigureAwait(false))
            {
                while (problem is null)
                {
                    EngineEvent? next = null;
                    try
                    {
                        if (await events.MoveNextAsync().ConfigureAwait(false))
                            next = events.Current;
                    }
                    catch (DockerException e) when (e is EngineUnreachableException || !isFirst)
                    {
                        // An engine, or a proxy before it, that is not quite up yet may refuse what it did not refuse before.
                        problem = e;
                    }

                    if (next is null)
                        break;
                    pause = FirstPause;
                    if (IsNew(next))
                        yield return next;
                }
            }

            ct.ThrowIfCancellationRequested();
            yield return EngineEvent.Connection("lost", problem?.Summary);
            do
            {
                // One that answers and then hangs up is not asked without end either.
                await Task.Delay(pause, ct).ConfigureAwait(false);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
            while (!await AnswersAsync(ct).ConfigureAwait(false));
            yield return EngineEvent.Connection("restored");
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            await engine.PingAsync(ct).ConfigureAwait(false);
            return true;
        }
        catch (DockerException)
        {
            // It is down, or just on its way.
            return false;
        }
    }

    /// <summary>Whether it was not seen: after a loss of the connection some come again.</summary>
    private bool IsNew(EngineEvent next)
    {
        if (next.TimeNanoseconds > _last)
        {
            _last = next.TimeNanoseconds;
            _seen.RemoveWhere(seen => seen.Time < _last - (2 * Overlap));
        }

        return _seen.Add((next.TimeNanoseconds, next.Type, next.Id, next.Action, next.Detail));
    }
}
