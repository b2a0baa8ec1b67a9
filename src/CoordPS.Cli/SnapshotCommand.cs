using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS.Cli;

/// <summary><c>coordps snapshot</c>: prints snapshots.</summary>
internal static class SnapshotCommand
{
    private const string Help = """
        coordps snapshot PATH... [options]

        Prints what is to say of snapshots, CoordPS's or Apache's, plain or gzip, and checks them. A PATH is a snapshot file, a version-2
        directory or a data directory.

          --znodes           print the znodes
          --path PATTERN     print the znodes with such a path, with * and ?
          --sessions         print the sessions
          --json             one JSON object a line, data in base64

        A damaged snapshot is exit code 3.
        """;

    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        if (arguments.WantsHelp)
        {
            await output.WriteLineAsync(Help).ConfigureAwait(false);
            return ExitCode.Success;
        }

        var json = arguments.Flag("--json");
        var znodes = arguments.Flag("--znodes");
        var sessions = arguments.Flag("--sessions");
        var pattern = arguments.Text("--path");
        var paths = arguments.Positionals("a snapshot or a data directory");
        var exitCode = ExitCode.Success;
        foreach (var path in paths)
        {
            try
            {
                foreach (var file in StoragePath.Snapshots(path))
                {
                    if (!znodes && !sessions && pattern is null)
                    {
                        var info = SnapshotInfo.Read(file);
                        exitCode = info.IsValid ? exitCode : ExitCode.Data;
                        await output.WriteLineAsync(json ? Json(writer => Write(writer, info)) : Text(info)).ConfigureAwait(false);
                        continue;
                    }

                    using var reader = new SnapshotReader(file);
                    foreach (var (id, timeout) in sessions ? reader.Sessions : [])
                    {
                        await output.WriteLineAsync(json ? Json(writer => WriteSession(writer, id, timeout)) : $"{OfflineArguments.Hex(id)} {timeout} ms").ConfigureAwait(false);
                    }

                    if (!znodes && pattern is null)
                    {
                        continue;
                    }

                    foreach (var node in reader.ReadNodes())
                    {
                        if (pattern is null || FileSystemName.MatchesSimpleExpression(pattern, node.Path, ignoreCase: false))
                        {
                            await output.WriteLineAsync(json ? Json(writer => Write(writer, node)) : Text(node)).ConfigureAwait(false);
                        }
                    }
                }
            }
            catch (StorageException e)
            {
                await output.FlushAsync().ConfigureAwait(false);
                await Console.Error.WriteLineAsync($"coordps snapshot: {e.Message}").ConfigureAwait(false);
                exitCode = ExitCode.Data;
            }
        }

        return exitCode;
    }

    private static string Text(SnapshotInfo info) => info.IsValid
        ? string.Create(CultureInfo.InvariantCulture, $"{info.File}: zxid {OfflineArguments.Hex(info.Zxid)}, {info.ZNodeCount} znodes, {info.EphemeralCount} ephemerals, {info.SessionCount} sessions, {info.DataLength} bytes of data, {info.Length} bytes, {info.Time:yyyy-MM-dd'T'HH:mm:ssK}, valid")
        : $"{info.File}: {info.Problem}";

    private static string Text(SnapshotNode node) => string.Create(
        CultureInfo.InvariantCulture,
        $"{node.Path} version {node.Stat.Version} czxid {OfflineArguments.Hex(node.Stat.Czxid)} mzxid {OfflineArguments.Hex(node.Stat.Mzxid)}{(node.Stat.EphemeralOwner == 0 ? "" : " owner " + OfflineArguments.Hex(node.Stat.EphemeralOwner))} {DataText.Preview(node.Data)}").TrimEnd();

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, SnapshotInfo info)
    {
        json.WriteString("file", info.File);
        json.WriteString("zxid", OfflineArguments.Hex(info.Zxid));
        json.WriteString("time", info.Time.UtcDateTime);
        json.WriteNumber("length", info.Length);
        json.WriteString("compression", info.Compression.ToString());
        json.WriteBoolean("valid", info.IsValid);
        if (!info.IsValid)
        {
            json.WriteString("problem", info.Problem);
            return;
        }

        json.WriteNumber("znodes", info.ZNodeCount);
        json.WriteNumber("ephemerals", info.EphemeralCount);
        json.WriteNumber("dataLength", info.DataLength);
        json.WriteNumber("sessions", info.SessionCount);
    }

    private static void Write(Utf8JsonWriter json, SnapshotNode node)
    {
        json.WriteString("path", node.Path);
        if (node.Data is { } data)
        {
            json.WriteBase64String("data", data);
        }

        if (node.Acl is { } acl)
        {
            json.WriteString("acl", string.Join(',', acl));
        }

        json.WriteString("czxid", OfflineArguments.Hex(node.Stat.Czxid));
        json.WriteString("mzxid", OfflineArguments.Hex(node.Stat.Mzxid));
        json.WriteString("pzxid", OfflineArguments.Hex(node.Stat.Pzxid));
        json.WriteString("created", DateTimeOffset.FromUnixTimeMilliseconds(node.Stat.Ctime).UtcDateTime);
        json.WriteString("modified", DateTimeOffset.FromUnixTimeMilliseconds(node.Stat.Mtime).UtcDateTime);
        json.WriteNumber("version", node.Stat.Version);
        json.WriteNumber("aclVersion", node.Stat.Aversion);
        if (node.Stat.EphemeralOwner != 0)
        {
            json.WriteString("ephemeralOwner", OfflineArguments.Hex(node.Stat.EphemeralOwner));
        }
    }

    private static void WriteSession(Utf8JsonWriter json, long id, int timeout)
    {
        json.WriteString("session", OfflineArguments.Hex(id));
        json.WriteNumber("timeout", timeout);
    }
}
