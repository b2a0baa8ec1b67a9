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
        JsonObject? before = null;
        try
        {
            before = there?.Data is { Length: > 0 } data ? JsonNode.Parse(data) as JsonObject : null;
        }
        catch (JsonException)
        {
            // What others have put there is not kept as history.
        }

        return new DeploymentRecord(client, path, before, there?.Stat.Version ?? -1);
    }

    /// <summary>The operation that writes it with others in one transaction; <see cref="Written"/> says that it was.</summary>
    public ZooKeeperOperation ToOperation() =>
        _version < 0 ? ZooKeeperOperation.Create(Path, ToBytes()) : ZooKeeperOperation.SetData(Path, ToBytes(), _version);

    /// <summary>The operation was done.</summary>
    public void Written() => _version++;

    /// <summary>Writes it by itself, over whatever is there: it is the last word of a deployment that has the lock.</summary>
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
