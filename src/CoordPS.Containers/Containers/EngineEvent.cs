namespace CoordPS.Containers;

/// <summary>Something that happened on an engine.</summary>
public sealed record EngineEvent
{
    /// <summary>The type of what <see cref="EngineEventFeed"/> tells of its own connection: <c>opened</c>, <c>lost</c> and <c>restored</c>.</summary>
    public const string ConnectionType = "connection";

    /// <summary>What it happened to: <c>container</c>, <c>image</c>, <c>network</c>, <c>volume</c> and so on.</summary>
    public required string Type { get; init; }

    /// <summary>What happened, without details: <c>start</c>, <c>die</c>, <c>health_status</c> and so on.</summary>
    public required string Action { get; init; }

    /// <summary>The details of the action, such as <c>healthy</c> of <c>health_status</c> or the command of <c>exec_start</c>; null without any.</summary>
    public string? Detail { get; init; }

    /// <summary>The id of what it happened to.</summary>
    public required string Id { get; init; }

    /// <summary>When, by the engine's clock, in nanoseconds since 1970.</summary>
    public required long TimeNanoseconds { get; init; }

    /// <summary>What the engine says about it: a container's name, image, exit code and labels.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>Whether it is about the connection to the engine.</summary>
    public bool IsConnection => Type == ConnectionType;

    /// <summary>When, by the engine's clock.</summary>
    public DateTimeOffset Time => DateTimeOffset.UnixEpoch.AddTicks(TimeNanoseconds / 100);

    /// <summary>The name of what it happened to; null when the engine says none.</summary>
    public string? Name => Attributes.GetValueOrDefault("name");

    internal static EngineEvent Connection(string action, string? detail = null) => new()
    {
        Type = ConnectionType,
        Action = action,
        Detail = detail,
        Id = "",
        TimeNanoseconds = (DateTimeOffset.UtcNow.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100,
        Attributes = System.Collections.Frozen.FrozenDictionary<string, string>.Empty,
    };
}
