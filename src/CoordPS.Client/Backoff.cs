namespace CoordPS.Client;

/// <summary>Pauses that double up to a limit, each somewhere between half of it and all of it, so that clients don't return in step.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _current = first;

    internal TimeSpan Next()
    {
        TimeSpan pause = _current < longest ? _current : longest;
        _current = pause * 2;
        return pause * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    internal void Reset() => _current = _first;
}
