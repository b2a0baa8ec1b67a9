using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoordPS.Client;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// The znode that says who deployed what, <c>/deployments/NAMESPACE/NAME</c>: JSON of the last deployment, and of those before it in
/// <c>history</c>, newest first.
/// </summary>
internal sealed class DeploymentRecord
{
    private const int MaxHistory = 10;

    private readonly ZooKeeperClient _client;
    private readonly JsonObject? _before;
    private int _version;

    private DeploymentRecord(ZooKeeperClient client, string path, JsonObject? before, int version)
    {
        _client = client;
        _before = before;
        _version = version;
        Path = path;
    }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>The record of this deployment.</summary>
    public JsonObject Entry { get; } = [];

    /// <summary>Reads what there is, and makes the znodes above it.</summary>
    public static async Task<DeploymentRecord> OpenAsync(ZooKeeperClient client, string path, CancellationToken ct)
    {
        ZooKeeperClient current = await client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        await current.RepeatAsync(() => current.EnsurePathAsync(ZPath.Parent(path), null, ct), ct).ConfigureAwait(false);
        ZNodeData? there = await current.TryGetDataAsync(path, null, ct).ConfigureAwait(false);
        return new DeploymentRecord(client, path, Parse(there?.Data), there?.Stat.Version ?? -1);
    }

    /// <summary>The operation that writes it with others in one transaction; <see cref="Written"/> says that it was.</summary>
    public ZooKeeperOperation ToOperation() =>
        _version < 0 ? ZooKeeperOperation.Create(Path, ToBytes()) : ZooKeeperOperation.SetData(Path, ToBytes(), _version);

    /// <summary>The operation was done.</summary>
    public void Written() => _version++;

    /// <summary>Writes it by itself, over whatever is there.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        ZooKeeperClient client = await _client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        await client.RepeatAsync(
            async () =>
            {
                try
                {
                    _version = (await client.SetDataAsync(Path, ToBytes(), -1, ct).ConfigureAwait(false)).Version;
                }
                catch (NoNodeException)
                {
                    await client.CreateAsync(Path, ToBytes(), ct: ct).ConfigureAwait(false);
                    _version = 0;
                }
            }, ct).ConfigureAwait(false);
    }

    /// <summary>Writes how it ended; where another deployment has begun since, as after a lost lock, in the history of that one's record.</summary>
    public async Task FinishAsync(CancellationToken ct)
    {
        ZooKeeperClient client = await _client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        await client.RepeatAsync(
            async () =>
            {
                while (await client.TryGetDataAsync(Path, null, ct).ConfigureAwait(false) is { } there)
                {
                    if (Merge(Parse(there.Data)) is not { } bytes)
                        return;
                    try
                    {
                        await client.SetDataAsync(Path, bytes, there.Stat.Version, ct).ConfigureAwait(false);
                        return;
                    }
                    catch (BadVersionException)
                    {
                        // Written between reading and writing: look again.
                    }
                }

                await client.CreateAsync(Path, ToBytes(), ct: ct).ConfigureAwait(false);
            }, ct).ConfigureAwait(false);
    }

    private static JsonObject? Parse(byte[]? data)
    {
        try
        {
            return data is { Length: > 0 } ? JsonNode.Parse(data) as JsonObject : null;
        }
        catch (JsonException)
        {
            // What others have put there is not kept as history.
            return null;
        }
    }

    /// <summary>The record that is there with the end of this deployment; null when it has no place for it any more.</summary>
    private byte[]? Merge(JsonObject? now)
    {
        if (now is null || (_before is not null && JsonNode.DeepEquals(now, _before)))
            return ToBytes();
        var entry = (JsonObject)Entry.DeepClone();
        if (IsThis(now))
        {
            entry["history"] = now["history"]?.DeepClone() ?? new JsonArray();
            return JsonSerializer.SerializeToUtf8Bytes(entry);
        }

        int at = now["history"] is JsonArray history ? history.ToList().FindIndex(one => one is JsonObject old && IsThis(old)) : -1;
        if (at < 0)
            return null;
        now["history"]![at] = entry;
        return JsonSerializer.SerializeToUtf8Bytes(now);
    }

    /// <summary>Whether it is the record of this deployment. Who has rewritten it may have written its times in another way.</summary>
    private bool IsThis(JsonObject other) =>
        JsonNode.DeepEquals(other["host"], Entry["host"]) && JsonNode.DeepEquals(other["process"], Entry["process"])
        && StartOf(Entry) is { } start && start == StartOf(other);

    private static DateTimeOffset? StartOf(JsonObject record) =>
        record["started"] is JsonValue text && text.TryGetValue(out string? written)
        && DateTimeOffset.TryParse(written, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset start)
            ? start
            : null;

    private byte[] ToBytes()
    {
        var json = (JsonObject)Entry.DeepClone();
        var history = new JsonArray();
        if (_before is not null)
        {
            var last = (JsonObject)_before.DeepClone();
            last.Remove("history", out JsonNode? older);
            history.Add((JsonNode)last);
            foreach (JsonNode? one in (older as JsonArray ?? []).Take(MaxHistory - 1))
                history.Add(one?.DeepClone());
        }

        json["history"] = history;
        return JsonSerializer.SerializeToUtf8Bytes(json);
    }
}
