using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>A condition of an object's status.</summary>
/// <param name="Type">Which, such as <c>Progressing</c>.</param>
/// <param name="Status">Whether it holds: <c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
/// <param name="Reason">Why, in one word; may be empty.</param>
/// <param name="Message">Why; may be empty.</param>
/// <param name="LastTransition">Since when; null if it is not told.</param>
public sealed record Condition(string Type, string Status, string Reason, string Message, DateTimeOffset? LastTransition)
{
    /// <summary>Whether it holds.</summary>
    public bool IsTrue => Status == "True";

    internal static IReadOnlyList<Condition> ReadAll(JsonObject? status) =>
    [
        .. status.Objects("conditions").Select(static c => new Condition(
            c.Text("type") ?? "", c.Text("status") ?? "Unknown", c.Text("reason") ?? "", (c.Text("message") ?? "").Trim(), c.Time("lastTransitionTime"))),
    ];

    internal static Condition? Find(JsonObject? status, string type) => ReadAll(status).FirstOrDefault(c => c.Type == type);
}
