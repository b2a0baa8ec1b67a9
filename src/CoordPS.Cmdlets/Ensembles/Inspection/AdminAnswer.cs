using System.Globalization;
using System.Management.Automation;
using System.Text.Json;
using System.Text.RegularExpressions;
using CoordPS.Client.Admin;

namespace CoordPS.Cmdlets;

/// <summary>Answers of administrative commands as objects with properties.</summary>
internal static partial class AdminAnswer
{
    /// <summary>The objects in the answer of a four-letter word; of a word that is not known, its lines.</summary>
    public static IEnumerable<PSObject> Parse(string word, string text) => word switch
    {
        "mntr" => [Pairs(AdminText.Pairs(text, '\t').Select(pair => KeyValuePair.Create(Without(pair.Key, "zk_"), pair.Value)))],
        "conf" => [Configuration(text)],
        "envi" => [Pairs(AdminText.Pairs(text, '='))],
        "dirs" => [Pairs(AdminText.Pairs(text, ':'))],
        "srvr" => [Server(text)],
        "stat" => [With(Server(text), "Clients", AdminText.Connections(text).ToArray())],
        "cons" => AdminText.Connections(text).Select(connection => PSObject.AsPSObject(connection)),
        "wchs" => [WatchSummary(text)],
        "wchc" => AdminText.Groups(text).Select(group => Object(("SessionId", group.Head), ("Paths", group.Items))),
        "wchp" => AdminText.Groups(text).Select(group => Object(("Path", group.Head), ("Sessions", group.Items))),
        "dump" => [Dump(text)],
        _ => [Object(("Text", text.TrimEnd()))],
    };

    /// <summary>The objects in the answer of an AdminServer: the elements of its list where it is one, else the answer.</summary>
    public static IEnumerable<PSObject> ParseJson(string command, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var answer = (PSObject)Value(document.RootElement)!;
        answer.Properties.Remove("command");
        answer.Properties.Remove("error");
        return command is "connections" or "cons" && answer.Properties["connections"]?.Value is object?[] connections ? connections.OfType<PSObject>() : [answer];
    }

    private static PSObject Object(params ReadOnlySpan<(string Name, object? Value)> properties)
    {
        var made = new PSObject();
        foreach ((string name, object? value) in properties)
            made.Properties.Add(new PSNoteProperty(name, value));
        return made;
    }

    private static PSObject With(PSObject made, string name, object? value)
    {
        made.Properties.Add(new PSNoteProperty(name, value));
        return made;
    }

    private static PSObject Pairs(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var made = new PSObject();
        foreach ((string name, string value) in pairs)
        {
            // Of equal names the first counts, as in Apache's own tools.
            if (made.Properties[name] is null)
                made.Properties.Add(new PSNoteProperty(name, Typed(value)));
        }

        return made;
    }

    private static object Typed(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole
        : text.Contains('.', StringComparison.Ordinal) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
        : text;

    private static string Without(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

    private static PSObject Configuration(string text)
    {
        var own = AdminText.Pairs(text, '=').Where(pair => !pair.Key.StartsWith("server.", StringComparison.Ordinal)).Where(pair => pair.Key != "version");
        PSObject made = Pairs(own);
        if (EnsembleMembership.Parse(text) is { } membership)
        {
            With(made, "Members", membership.Members);
            With(made, "Version", membership.Version is { } version ? $"0x{version:x}" : null);
        }

        return made;
    }

    private static PSObject Server(string text)
    {
        MemberStatus status = MemberProbe.ReadServer(new MemberStatus { State = MemberState.Serving }, text);
        return Object(
            ("Version", status.Version), ("Role", status.Role), ("Zxid", status.LastZxid is { } zxid ? $"0x{zxid:x}" : null), ("Epoch", status.Epoch),
            ("MinLatency", status.MinLatency), ("AverageLatency", status.AverageLatency), ("MaxLatency", status.MaxLatency), ("Received", status.Received),
            ("Sent", status.Sent), ("Connections", status.Connections), ("Outstanding", status.Outstanding), ("ZNodeCount", status.ZNodeCount));
    }

    private static PSObject WatchSummary(string text)
    {
        long[] numbers = [.. Numbers().Matches(text).Select(match => long.Parse(match.Value, CultureInfo.InvariantCulture))];
        return numbers.Length == 3
            ? Object(("Connections", numbers[0]), ("Paths", numbers[1]), ("Watches", numbers[2]))
            : Object(("Text", text.TrimEnd()));
    }

    /// <summary>Sessions come as <c>0x1</c> below the time they expire, or with their timeout; those with ephemerals head a list of paths.</summary>
    private static PSObject Dump(string text)
    {
        List<string> sessions = [];
        List<PSObject> ephemerals = [];
        foreach ((string head, IReadOnlyList<string> items) in AdminText.Groups(text))
        {
            if (SessionHead().Match(head) is { Success: true } match)
            {
                if (items.Any(item => item.StartsWith('/')))
                    ephemerals.Add(Object(("SessionId", match.Groups[1].Value), ("Paths", items)));
                else if (!sessions.Contains(match.Groups[1].Value))
                    sessions.Add(match.Groups[1].Value);
            }

            sessions.AddRange(items.Where(item => SessionHead().IsMatch(item)).Select(item => SessionHead().Match(item).Groups[1].Value).Except(sessions).ToArray());
        }

        return Object(("Sessions", sessions.ToArray()), ("Ephemerals", ephemerals.ToArray()), ("Text", text.TrimEnd()));
    }

    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => ObjectOf(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Value).ToArray(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static PSObject ObjectOf(JsonElement element)
    {
        var made = new PSObject();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Name.Length > 0 && made.Properties[property.Name] is null)
                made.Properties.Add(new PSNoteProperty(property.Name, Value(property.Value)));
        }

        return made;
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"^(0x[0-9a-f]+):?(\s+\d+ms)?$")]
    private static partial Regex SessionHead();
}
