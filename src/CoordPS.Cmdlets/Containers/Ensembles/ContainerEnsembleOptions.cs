using System.Collections.Frozen;

namespace CoordPS.Cmdlets;

/// <summary>How an ensemble in containers is to be.</summary>
internal sealed record ContainerEnsembleOptions
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The image: ours, or one with the conventions of the official Apache image.</summary>
    public required string Image { get; init; }

    /// <summary>Members that vote; null for as many as there are, or 1.</summary>
    public int? Members { get; init; }

    /// <summary>Members that follow without a vote; null for as many as there are, or none.</summary>
    public int? Observers { get; init; }

    /// <summary><c>host</c>, or the name of a network in which containers find each other by name.</summary>
    public string Network { get; init; } = "host";

    /// <summary>The address of the engine's machine that clients use.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The ports for clients: one for each member, or the first of consecutive ones; empty for free ones.</summary>
    public IReadOnlyList<int> ClientPorts { get; init; } = [];

    /// <summary>The ports on which learners reach a leader, in the same way; for the host's network.</summary>
    public IReadOnlyList<int> QuorumPorts { get; init; } = [];

    /// <summary>The ports for elections, in the same way; for the host's network.</summary>
    public IReadOnlyList<int> ElectionPorts { get; init; } = [];

    /// <summary>Further settings by the names of <c>zoo.cfg</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>How long a quorum may take to come about.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);
}
