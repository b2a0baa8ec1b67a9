namespace CoordPS.Server.Admin;

/// <summary>A number that only grows until it is reset.</summary>
internal sealed class Counter
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(long amount = 1) => Interlocked.Add(ref _value, amount);

    public void Reset() => Interlocked.Exchange(ref _value, 0);
}
