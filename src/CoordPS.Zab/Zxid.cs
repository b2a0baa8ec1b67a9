using System.Globalization;

namespace CoordPS.Zab;

/// <summary>A zxid orders all transactions of an ensemble: the leader's epoch in the high 32 bits, a counter in the low.</summary>
public static class Zxid
{
    /// <summary>The counter that is never proposed: reaching it makes the leader step down, so that a new epoch begins.</summary>
    public const uint RolloverCounter = 0xffffffff;

    /// <summary>Puts a zxid together.</summary>
    /// <param name="epoch">0 to 2^31-1.</param>
    /// <param name="counter">The transaction's number within the epoch; 0 stands for the epoch's beginning.</param>
    public static long Make(long epoch, uint counter) => (epoch << 32) | counter;

    /// <summary>The epoch.</summary>
    public static long Epoch(long zxid) => (long)((ulong)zxid >> 32);

    /// <summary>The counter within the epoch.</summary>
    public static uint Counter(long zxid) => (uint)zxid;

    /// <summary>Whether this is the beginning of an epoch rather than a transaction.</summary>
    public static bool IsEpochStart(long zxid) => (uint)zxid == 0;

    /// <summary>Epoch and counter for people: <c>3.17</c>.</summary>
    public static string Format(long zxid) => string.Create(CultureInfo.InvariantCulture, $"{Epoch(zxid)}.{Counter(zxid)}");
}
