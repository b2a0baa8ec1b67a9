using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CoordPS.Storage;

/// <summary>The Adler-32 checksum of RFC 1950, which seals log records and snapshots.</summary>
internal static class Adler32
{
    /// <summary>The checksum of no bytes: what a running checksum starts from.</summary>
    public const uint Initial = 1;

    private const uint Modulus = 65521;

    // The most bytes whose sums fit in 32 bits before a reduction, as RFC 1950's reference has it.
    private const int ScalarRun = 5552;

    // With n vectors a 16-bit lane holds at most 255 * n * (n - 1) / 2; 23 is the largest n for which that fits.
    private const int VectorRun = 23;

    /// <summary>The checksum of a buffer.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(Initial, data);

    /// <summary>Continues a checksum with more bytes.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> data)
    {
        uint a = checksum & 0xffff, b = checksum >> 16;
        if (Vector128.IsHardwareAccelerated && data.Length >= 2 * Vector128<byte>.Count)
            data = AppendVectors(data, ref a, ref b);
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> run = data[..Math.Min(data.Length, ScalarRun)];
            foreach (byte value in run)
            {
                a += value;
                b += a;
            }

            a %= Modulus;
            b %= Modulus;
            data = data[run.Length..];
        }

        return (b << 16) | a;
    }

    /// <summary>Consumes all whole vectors and returns the rest.</summary>
    private static ReadOnlySpan<byte> AppendVectors(ReadOnlySpan<byte> data, scoped ref uint a, scoped ref uint b)
    {
        // a is the sum of the bytes, b the sum of every intermediate a. Byte by byte in lane i of vector v of n, a byte counts
        // 16 * (n - 1 - v) + (16 - i) times in b: the first part is the sum, per lane, of the lane's sum before each vector.
        ReadOnlySpan<Vector128<byte>> vectors = MemoryMarshal.Cast<byte, Vector128<byte>>(data);
        ReadOnlySpan<byte> rest = data[(vectors.Length * Vector128<byte>.Count)..];
        Vector128<ushort> lowWeights = Vector128.Create((ushort)16, 15, 14, 13, 12, 11, 10, 9);
        Vector128<ushort> highWeights = Vector128.Create((ushort)8, 7, 6, 5, 4, 3, 2, 1);
        while (!vectors.IsEmpty)
        {
            ReadOnlySpan<Vector128<byte>> run = vectors[..Math.Min(vectors.Length, VectorRun)];
            Vector128<ushort> low = default, high = default, lowBefore = default, highBefore = default;
            foreach (Vector128<byte> vector in run)
            {
                lowBefore += low;
                highBefore += high;
                (Vector128<ushort> l, Vector128<ushort> h) = Vector128.Widen(vector);
                low += l;
                high += h;
            }

            b += (uint)(run.Length * Vector128<byte>.Count) * a
                + ((Sum(lowBefore) + Sum(highBefore)) * (uint)Vector128<byte>.Count)
                + WeightedSum(low, lowWeights) + WeightedSum(high, highWeights);
            a += Sum(low) + Sum(high);
            a %= Modulus;
            b %= Modulus;
            vectors = vectors[run.Length..];
        }

        return rest;
    }

    private static uint Sum(Vector128<ushort> lanes)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(lanes);
        return Vector128.Sum(low + high);
    }

    private static uint WeightedSum(Vector128<ushort> lanes, Vector128<ushort> weights)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(lanes);
        (Vector128<uint> lowWeights, Vector128<uint> highWeights) = Vector128.Widen(weights);
        return Vector128.Sum((low * lowWeights) + (high * highWeights));
    }
}
