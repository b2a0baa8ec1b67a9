using System.Diagnostics;

namespace CoordPS.Testing;

/// <summary>Waits for what no event tells.</summary>
public static class Eventually
{
    /// <summary>The longest that tests wait for what must come. Only failures take so long.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within <paramref name="patience"/>, <see cref="Patience"/> when it is null.</exception>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? patience = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, patience);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within <paramref name="patience"/>, <see cref="Patience"/> when it is null.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        TimeSpan longest = patience ?? Patience;
        long start = Stopwatch.GetTimestamp();
        while (!await condition().ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(start) > longest)
                throw new TimeoutException($"After {longest.TotalSeconds} s still not: {what}.");
            await Task.Delay(20).ConfigureAwait(false);
        }
    }
}
