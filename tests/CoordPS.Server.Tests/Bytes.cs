using System.Text;

namespace CoordPS.Server.Tests;

/// <summary>Texts as data.</summary>
internal static class Bytes
{
    public static byte[] Of(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(byte[]? data) => Encoding.UTF8.GetString(data!);
}
