using System.Globalization;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>What the labels of a member's container say, by which it is found again.</summary>
/// <param name="Ensemble">The ensemble's name.</param>
/// <param name="Id">The member's number.</param>
/// <param name="Server">Its server line: what comes after <c>server.N=</c>.</param>
/// <param name="Client">Where clients outside of containers reach it.</param>
/// <param name="Volume">The volume with its data.</param>
internal sealed record MemberLabels(string Ensemble, long Id, string Server, System.Net.IPEndPoint Client, string Volume)
{
    public const string EnsembleLabel = "coordps.ensemble";
    private const string MemberLabel = "coordps.member";
    private const string ServerLabel = "coordps.member.server";
    private const string ClientLabel = "coordps.member.client";
    private const string VolumeLabel = "coordps.member.volume";

    /// <summary>The labels of a container; null when it is not of an ensemble's member.</summary>
    public static MemberLabels? Of(ContainerInfo container) =>
        container.Labels.GetValueOrDefault(EnsembleLabel) is { Length: > 0 } ensemble
        && long.TryParse(container.Labels.GetValueOrDefault(MemberLabel), NumberStyles.None, CultureInfo.InvariantCulture, out long id)
        && container.Labels.GetValueOrDefault(ServerLabel) is { } server
        && System.Net.IPEndPoint.TryParse(container.Labels.GetValueOrDefault(ClientLabel) ?? "", out System.Net.IPEndPoint? client)
        && container.Labels.GetValueOrDefault(VolumeLabel) is { } volume
            ? new MemberLabels(ensemble, id, server, client, volume)
            : null;

    /// <summary>The labels of its volume.</summary>
    public Dictionary<string, string> OfVolume => new(StringComparer.Ordinal) { [EnsembleLabel] = Ensemble };

    public Dictionary<string, string> ToDictionary() => new(StringComparer.Ordinal)
    {
        [EnsembleLabel] = Ensemble,
        [MemberLabel] = Id.ToString(CultureInfo.InvariantCulture),
        [ServerLabel] = Server,
        [ClientLabel] = Client.ToString(),
        [VolumeLabel] = Volume,
    };
}
