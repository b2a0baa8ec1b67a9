using System.Text.Json;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>What a directory of files keeps of a znode beside its data: <c>{"acl":["world:anyone:r"],"mode":"container"}</c>.</summary>
internal static class TreeNodeMeta
{
    /// <summary>Whether the znode has anything but the usual: open to everyone and persistent.</summary>
    public static bool IsNeeded(TreeNode node) => !ReferenceEquals(node.Acl, Acl.OpenUnsafe) || TreeNodeText.FormatMode(node.Mode) is not null;

    public static byte[] Format(TreeNode node)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonTreeFormat.WriterOptions))
        {
            json.WriteStartObject();
            WriteFields(json, node);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Writes the fields that are not the usual ones.</summary>
    public static void WriteFields(Utf8JsonWriter json, TreeNode node)
    {
        if (!ReferenceEquals(node.Acl, Acl.OpenUnsafe))
        {
            json.WriteStartArray("acl"u8);
            foreach (Acl entry in node.Acl)
                json.WriteStringValue(entry.ToString());
            json.WriteEndArray();
        }

        if (TreeNodeText.FormatMode(node.Mode) is { } mode)
            json.WriteString("mode"u8, mode);
        if (node.Ttl is { } ttl)
            json.WriteNumber("ttl"u8, (long)ttl.TotalMilliseconds);
    }

    /// <summary>The znode with these fields and data.</summary>
    /// <exception cref="FormatException">They are not what <see cref="Format"/> writes.</exception>
    public static TreeNode Parse(string path, ReadOnlySpan<byte> meta, byte[]? data)
    {
        List<string>? acl = null;
        string? mode = null;
        long? ttl = null;
        try
        {
            var json = new Utf8JsonReader(meta, JsonTreeFormat.ReaderOptions);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                throw new FormatException("it is not a JSON object");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (!TryReadField(ref json, ref acl, ref mode, ref ttl))
                    throw new FormatException($"'{json.GetString()}' is not a field of a znode; they are acl, mode and ttl");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException(e.Message, e);
        }

        return TreeNodeText.Create(path, data, acl, mode, ttl);
    }

    /// <summary>Reads a field whose name the reader is at; false when it is none of these.</summary>
    public static bool TryReadField(ref Utf8JsonReader json, ref List<string>? acl, ref string? mode, ref long? ttl)
    {
        if (json.ValueTextEquals("acl"u8))
        {
            json.Read();
            if (json.TokenType != JsonTokenType.StartArray)
                throw new FormatException("acl is not a list");
            acl = [];
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                acl.Add(json.GetString() ?? throw new FormatException("acl has an entry that is null"));
            return true;
        }

        if (json.ValueTextEquals("mode"u8))
        {
            json.Read();
            mode = json.GetString();
            return true;
        }

        if (json.ValueTextEquals("ttl"u8))
        {
            json.Read();
            ttl = json.GetInt64();
            return true;
        }

        return false;
    }
}
