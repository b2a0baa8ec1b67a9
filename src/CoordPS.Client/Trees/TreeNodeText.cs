using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>The text forms of what archives keep of a znode.</summary>
public static class TreeNodeText
{
    private static readonly SearchValues<byte> Binary = SearchValues.Create([0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, .. Enumerable.Range(14, 18).Select(static i => (byte)i), 127]);

    /// <summary>Whether data is kept as text: valid UTF-8 without control characters other than tab and line ends. It comes back byte for byte.</summary>
    public static bool IsText(ReadOnlySpan<byte> data) => !data.ContainsAny(Binary) && Utf8.IsValid(data);

    /// <summary>The name of a mode; null for persistent, which needs none.</summary>
    public static string? FormatMode(CreateMode? mode) => mode switch
    {
        CreateMode.Ephemeral => "ephemeral",
        CreateMode.Container => "container",
        CreateMode.PersistentWithTtl => "ttl",
        _ => null,
    };

    /// <summary>The mode of a name; false for a name that none has.</summary>
    public static bool TryParseMode(string? name, out CreateMode? mode)
    {
        mode = name switch
        {
            "ephemeral" => CreateMode.Ephemeral,
            "container" => CreateMode.Container,
            "ttl" => CreateMode.PersistentWithTtl,
            "persistent" => CreateMode.Persistent,
            _ => null,
        };
        return mode is not null || name is null;
    }

    /// <summary>Makes a znode of the fields that an archive has of it.</summary>
    /// <param name="path">The path within the tree.</param>
    /// <param name="data">The data.</param>
    /// <param name="acl">The entries of the access control list, as <see cref="Acl.Parse"/> reads them; null for an open one.</param>
    /// <param name="mode">The name of the mode.</param>
    /// <param name="ttl">The time to live, in milliseconds.</param>
    /// <exception cref="FormatException">They make no znode; the message says why.</exception>
    public static TreeNode Create(string? path, byte[]? data, IReadOnlyList<string>? acl, string? mode, long? ttl)
    {
        if (ZPath.Check(path) is { } reason)
            throw new FormatException($"'{path}' is not a path: {reason}");
        if (!TryParseMode(mode, out CreateMode? parsed))
            throw new FormatException($"'{mode}' is not a mode; write persistent, container, ttl or ephemeral");
        if ((parsed == CreateMode.PersistentWithTtl) != (ttl is not null))
            throw new FormatException("the mode ttl and a ttl in milliseconds need each other");
        if (ttl is { } milliseconds && !EphemeralOwner.IsValidTtl(milliseconds))
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a ttl is 1 to {EphemeralOwner.MaxTtlMilliseconds} ms"));
        return new TreeNode(path!)
        {
            Data = data,
            Acl = acl is null ? Acl.OpenUnsafe : EnsembleTree.Shared([.. acl.Select(Acl.Parse)]),
            Mode = parsed,
            Ttl = ttl is { } value ? TimeSpan.FromMilliseconds(value) : null,
        };
    }
}
