using CoordPS.Protocol;

namespace CoordPS;

/// <summary>
/// The path of a znode as items of the drive carry it. It reads, compares and converts as the string does, and is none: PowerShell's own
/// cmdlets take a string called Path for one of theirs, so <c>Get-ChildItem ZK:/ | Remove-Item</c> would remove files. What is no string they
/// pass by for <c>PSPath</c>.
/// </summary>
public sealed class ZNodePath : IEquatable<ZNodePath>, IEquatable<string>, IComparable
{
    private readonly string _path;

    /// <summary>Takes a path over.</summary>
    /// <param name="path">A znode's path.</param>
    public ZNodePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        _path = path;
    }

    /// <summary>The last name; empty for the root.</summary>
    public string Name => ZPath.Name(_path);

    /// <summary>The parent's path; the root's is the root.</summary>
    public string Parent => ZPath.Parent(_path);

    /// <summary>The path as a string.</summary>
    public static implicit operator string(ZNodePath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path._path;
    }

    /// <summary>Whether both are the same path.</summary>
    public static bool operator ==(ZNodePath? left, ZNodePath? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they are different paths.</summary>
    public static bool operator !=(ZNodePath? left, ZNodePath? right) => !(left == right);

    /// <summary>Whether the left one sorts first.</summary>
    public static bool operator <(ZNodePath? left, ZNodePath? right) => Compare(left, right) < 0;

    /// <summary>Whether the left one sorts first or is the same.</summary>
    public static bool operator <=(ZNodePath? left, ZNodePath? right) => Compare(left, right) <= 0;

    /// <summary>Whether the left one sorts last.</summary>
    public static bool operator >(ZNodePath? left, ZNodePath? right) => Compare(left, right) > 0;

    /// <summary>Whether the left one sorts last or is the same.</summary>
    public static bool operator >=(ZNodePath? left, ZNodePath? right) => Compare(left, right) >= 0;

    /// <summary>Whether it is the same path; names differ by case.</summary>
    public bool Equals(ZNodePath? other) => other is not null && other._path == _path;

    /// <summary>Whether the string is the same path.</summary>
    public bool Equals(string? other) => other == _path;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is string text ? Equals(text) : Equals(obj as ZNodePath);

    /// <inheritdoc/>
    public override int GetHashCode() => _path.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => string.CompareOrdinal(_path, obj?.ToString());

    /// <summary>The path.</summary>
    public override string ToString() => _path;

    private static int Compare(ZNodePath? left, ZNodePath? right) => string.CompareOrdinal(left?._path, right?._path);
}
