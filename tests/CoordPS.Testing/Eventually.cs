using System.Diagnostics;

namespace CoordPS.Testing;

/// <summary>Waits for what no event tells.</summary>
public static class Eventually
{
    /// <summary>The longest that tests wait for what must come. Only failures take so long.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within <see cref="Patience"/>.</exception>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within <see cref="Patience"/>.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition().ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new TimeoutException($"After {Patience.TotalSeconds} s still not: {what}.");
            await Task.Delay(20).ConfigureAwait(false);
        }
    }
}
