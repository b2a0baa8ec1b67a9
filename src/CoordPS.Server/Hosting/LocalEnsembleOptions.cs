using System.Collections.Frozen;

namespace CoordPS.Server.Hosting;

/// <summary>How a local ensemble is to be.</summary>
public sealed record LocalEnsembleOptions
{
    /// <summary>Its name; required.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Members that vote; null, the default: as many as the ensemble in <see cref="DataPath"/> has, or 1, which is a standalone server.
    /// </summary>
    public int? Members { get; init; }

    /// <summary>Members that follow without a vote; null, the default: as many as the ensemble in <see cref="DataPath"/> has, or none.</summary>
    public int? Observers { get; init; }

    /// <summary>
    /// The folder for the members' configuration and data, which stays; null, the default: a temporary one that goes with the ensemble.
    /// </summary>
    public string? DataPath { get; init; }

    /// <summary>Whether members are processes that outlive this one.</summary>
    public bool OutOfProcess { get; init; }

    /// <summary>The <c>coordps</c> executable for members out of process; null, the default: that of the module, or else on the PATH.</summary>
    public string? ExecutablePath { get; init; }

    /// <summary>The address to listen on for clients; default 127.0.0.1.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The ports for clients: one for each member, or the first of consecutive ones; empty, the default: free ones.</summary>
    public IReadOnlyList<int> ClientPorts { get; init; } = [];

    /// <summary>The ports on which learners reach a leader, in the same way.</summary>
    public IReadOnlyList<int> QuorumPorts { get; init; } = [];

    /// <summary>The ports for elections, in the same way.</summary>
    public IReadOnlyList<int> ElectionPorts { get; init; } = [];

    /// <summary>Further settings by the names of <c>zoo.cfg</c>, for each member.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>How long a quorum may take to come about; default one minute.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);
}
