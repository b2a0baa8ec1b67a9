namespace CoordPS.Server.Admin;

/// <summary>Sessions that expire at the same time unless they are heard of.</summary>
/// <param name="Time">When.</param>
/// <param name="MonotonicMilliseconds">The same as milliseconds of the server's monotonic clock, which the admin endpoint shows.</param>
/// <param name="Sessions">Their ids.</param>
internal sealed record SessionExpiry(DateTimeOffset Time, long MonotonicMilliseconds, IReadOnlyList<long> Sessions);
