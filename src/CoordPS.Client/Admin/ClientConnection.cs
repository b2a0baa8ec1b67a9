using System.Text.RegularExpressions;

namespace CoordPS.Client.Admin;

/// <summary>A client's connection as <c>cons</c> and <c>stat</c> list it; what a member does not tell of it is null.</summary>
public sealed partial record ClientConnection
{
    /// <summary>The client's address and port.</summary>
    public required string Client { get; init; }

    /// <summary>The session; null for a connection that has none, such as a four-letter word's, and in <c>stat</c>.</summary>
    public long? SessionId { get; init; }

    /// <summary>Requests received and not yet answered.</summary>
    public long? Outstanding { get; init; }

    /// <summary>Packets received.</summary>
    public long? Received { get; init; }

    /// <summary>Packets sent.</summary>
    public long? Sent { get; init; }

    /// <summary>The last operation, in the server's four letters.</summary>
    public string? LastOperation { get; init; }

    /// <summary>When it was established, by the member's clock.</summary>
    public DateTimeOffset? Established { get; init; }

    /// <summary>The session timeout.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The last zxid that the client was told.</summary>
    public long? LastZxid { get; init; }

    /// <summary>Milliseconds that the last request took.</summary>
    public double? LastLatency { get; init; }

    /// <summary>The fewest milliseconds that a request took.</summary>
    public double? MinLatency { get; init; }

    /// <summary>Milliseconds that a request took on average.</summary>
    public double? AverageLatency { get; init; }

    /// <summary>The most milliseconds that a request took.</summary>
    public double? MaxLatency { get; init; }

    /// <summary>Reads a line such as <c> /127.0.0.1:1234[1](queued=0,recved=5,sent=5,sid=0x1)</c>; null if it is no such line.</summary>
    internal static ClientConnection? Parse(string line)
    {
        if (Line().Match(line) is not { Success: true } match)
            return null;
        var values = match.Groups[2].Value.Split(',').Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0], StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Last()[1], StringComparer.Ordinal);
        string? Text(string name) => values.GetValueOrDefault(name);
        return new ClientConnection
        {
            Client = match.Groups[1].Value,
            SessionId = AdminText.Hex(Text("sid")),
            Outstanding = AdminText.Whole(Text("queued")),
            Received = AdminText.Whole(Text("recved")),
            Sent = AdminText.Whole(Text("sent")),
            LastOperation = Text("lop"),
            Established = AdminText.Whole(Text("est")) is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at).ToLocalTime() : null,
            Timeout = AdminText.Whole(Text("to")) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
            LastZxid = AdminText.Hex(Text("lzxid")),
            LastLatency = AdminText.Number(Text("llat")),
            MinLatency = AdminText.Number(Text("minlat")),
            AverageLatency = AdminText.Number(Text("avglat")),
            MaxLatency = AdminText.Number(Text("maxlat")),
        };
    }

    [GeneratedRegex(@"^\s*/?(.+?)\[[0-9a-f]*\]\((.*)\)\s*$")]
    private static partial Regex Line();
}
