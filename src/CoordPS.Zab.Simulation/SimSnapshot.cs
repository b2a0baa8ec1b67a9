namespace CoordPS.Zab.Simulation;

/// <summary>The state of a member's application as of a zxid.</summary>
/// <param name="Zxid">The last transaction in it.</param>
/// <param name="Position">How many transactions of the ensemble's order it covers.</param>
/// <param name="Values">Of the registers.</param>
/// <param name="Versions">Of the registers.</param>
internal sealed record SimSnapshot(long Zxid, int Position, long[] Values, int[] Versions)
{
    public static SimSnapshot Empty(int registers) => new(0, 0, new long[registers], new int[registers]);
}
