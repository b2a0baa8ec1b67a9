using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CoordPS.Server;

/// <summary>
/// A session's password: 16 bytes of <c>java.util.Random</c> seeded with the session id and a constant. Every member of an ensemble,
/// Apache's included, must come to the same bytes, so that a client can move between them.
/// </summary>
internal static class SessionPassword
{
    public const int Length = 16;

    private const long Secret = 0xB3415C00L;
    private const long Multiplier = 0x5DEECE66DL;
    private const long Mask = (1L << 48) - 1;

    public static byte[] Generate(long sessionId)
    {
        byte[] password = new byte[Length];
        long seed = ((sessionId ^ Secret) ^ Multiplier) & Mask;
        for (int i = 0; i < Length; i += 4)
        {
            seed = unchecked((seed * Multiplier) + 0xBL) & Mask;
            BinaryPrimitives.WriteInt32LittleEndian(password.AsSpan(i), unchecked((int)(seed >> 16)));
        }

        return password;
    }

    public static bool IsValid(long sessionId, ReadOnlySpan<byte> password) =>
        sessionId != 0 && CryptographicOperations.FixedTimeEquals(Generate(sessionId), password);
}
