using CoordPS.Protocol;

namespace CoordPS;

/// <summary>What fits of a znode's data into a column of a table.</summary>
internal static class DataPreview
{
    public static string? Of(byte[]? data) => DataText.Preview(data);
}
