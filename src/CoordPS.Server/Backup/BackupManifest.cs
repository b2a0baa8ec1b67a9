using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoordPS.Server.Backup;

/// <summary>A file of a backup, with what it takes to see that it is still the same.</summary>
/// <param name="Path">Its path in the backup, with slashes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, in lowercase hexadecimal.</param>
public sealed record BackupFile(string Path, long Length, string Sha256);

/// <summary>A snapshot of a backup.</summary>
/// <param name="Zxid">The zxid in its name.</param>
/// <param name="ExactFrom">
/// The first zxid at which it and the log give the exact tree: it was written while transactions went on, and may have those up to
/// here in part.
/// </param>
public sealed record BackupSnapshot(
    [property: JsonConverter(typeof(ZxidConverter))] long Zxid, [property: JsonConverter(typeof(ZxidConverter))] long ExactFrom);

/// <summary>What a backup holds: the file <see cref="FileName"/> in its folder.</summary>
public sealed record BackupManifest
{
    /// <summary>The manifest's name.</summary>
    public const string FileName = "coordps-backup.json";

    /// <summary>The version of the manifest that this reads and writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The version of the manifest.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>What was backed up: the members of an ensemble, or a data directory.</summary>
    public required string Source { get; init; }

    /// <summary>When the backup was begun (UTC).</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was last brought up to date (UTC).</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>The first zxid that it can be restored to.</summary>
    [JsonConverter(typeof(ZxidConverter))]
    public required long FirstZxid { get; init; }

    /// <summary>The last zxid that it holds.</summary>
    [JsonConverter(typeof(ZxidConverter))]
    public required long LastZxid { get; init; }

    /// <summary>When the leader made the last transaction (UTC); null when the backup holds none since its snapshot.</summary>
    public DateTimeOffset? LastTime { get; init; }

    /// <summary>The epoch of the leader it was taken from; 0 for a standalone server's.</summary>
    public long Epoch { get; init; }

    /// <summary>Znodes of the tree at <see cref="LastZxid"/>, the root among them, as replaying the backup gave it.</summary>
    public long ZNodeCount { get; init; }

    /// <summary>Sessions that were open at <see cref="LastZxid"/>.</summary>
    public int SessionCount { get; init; }

    /// <summary>The ensemble's configuration, as its leader told it; null for a standalone server's.</summary>
    public string? Configuration { get; init; }

    /// <summary>The snapshots, oldest first.</summary>
    public required IReadOnlyList<BackupSnapshot> Snapshots { get; init; }

    /// <summary>The files.</summary>
    public required IReadOnlyList<BackupFile> Files { get; init; }

    /// <summary>Whether a folder has a manifest.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads a folder's manifest.</summary>
    /// <exception cref="BackupException">It is missing, damaged, or of a later version.</exception>
    public static BackupManifest Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            BackupManifest? manifest = JsonSerializer.Deserialize(File.ReadAllBytes(file), BackupJson.Default.BackupManifest);
            if (manifest is { Format: CurrentFormat })
                return manifest;
            throw new BackupException(BackupFailure.Damaged, $"'{file}' is of format {manifest?.Format}, and only {CurrentFormat} is known.", "Update CoordPS.");
        }
        catch (JsonException e)
        {
            throw new BackupException(BackupFailure.Damaged, $"'{file}' is damaged: {e.Message}",
                "Use another backup; or, if its files are good, restore from its version-2 folder, which is then not checked.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && e is not BackupException)
        {
            throw new BackupException(BackupFailure.NotABackup, $"'{file}' can't be read: {e.Message}", "Check the path and its permissions.", e);
        }
    }

    /// <summary>Writes the manifest of a folder, in place of an older one.</summary>
    internal void Write(string folder)
    {
        string file = Path.Combine(folder, FileName);
        string temporary = file + ".tmp";
        using (FileStream stream = File.Create(temporary))
        {
            JsonSerializer.Serialize(stream, this, BackupJson.Default.BackupManifest);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }
}

/// <summary>Writes zxids as people read them.</summary>
internal sealed class ZxidConverter : JsonConverter<long>
{
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.GetString() ?? "";
        return text.StartsWith("0x", StringComparison.Ordinal)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long zxid)
            ? zxid : throw new JsonException($"'{text}' is no zxid");
    }

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) =>
        writer.WriteStringValue("0x" + value.ToString("x", CultureInfo.InvariantCulture));
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;
