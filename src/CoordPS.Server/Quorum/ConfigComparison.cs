using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>
/// Compares this member's configuration with those that others tell in elections, and says what differs. With
/// <c>reconfigEnabled</c> another version is no mistake: the newer one wins.
/// </summary>
internal sealed class ConfigComparison(ServerConfig settings, ILogger logger)
{
    private readonly Dictionary<long, (string Theirs, long Ours)> _compared = [];

    /// <summary>Compares, once for each configuration that a member tells.</summary>
    public void Compare(EnsembleConfig ours, long member, string? text)
    {
        if (string.IsNullOrEmpty(text) || _compared.GetValueOrDefault(member) == (text, ours.Version))
            return;
        _compared[member] = (text, ours.Version);
        EnsembleConfig theirs;
        try
        {
            theirs = EnsembleConfig.Parse(text);
        }
        catch (FormatException e)
        {
            logger.LogWarning("The configuration of member {Member} can't be read: {Error}", member, e.Message);
            return;
        }

        if (theirs.Version != ours.Version)
        {
            if (!settings.ReconfigEnabled)
            {
                logger.LogWarning(
                    "Member {Member} has version {Theirs:x} of the ensemble's configuration and this member version {Ours:x}, which can't follow since "
                    + "reconfigEnabled is false here. Give reconfigEnabled the same value on all members.", member, theirs.Version, ours.Version);
            }

            return;
        }

        List<string> differences = [.. Differences(ours, theirs)];
        if (differences.Count > 0)
        {
            logger.LogWarning(
                "Member {Member} has another configuration than this one ({Config}): {Differences}. They may never agree on a leader. Make the server, group "
                + "and weight lines the same on all members, and restart those that were wrong.", member, settings, string.Join("; ", differences));
        }
    }

    /// <summary>What differs in a way that matters to a quorum. Where clients connect is each member's own business.</summary>
    internal static IEnumerable<string> Differences(EnsembleConfig ours, EnsembleConfig theirs)
    {
        foreach (long id in ours.Members.Keys.Union(theirs.Members.Keys).Order())
        {
            EnsembleMember? here = ours.Members.GetValueOrDefault(id), there = theirs.Members.GetValueOrDefault(id);
            if (there is null)
                yield return $"server.{id}={here} is only here";
            else if (here is null)
                yield return $"server.{id}={there} is only there";
            else if (here.Type != there.Type || !AreSame(here.Addresses, there.Addresses))
                yield return $"server.{id} is {here} here and {there} there";
        }

        if (!SameGroups(ours, theirs))
            yield return "groups differ";
        if (!ours.Weights.OrderBy(static w => w.Key).SequenceEqual(theirs.Weights.OrderBy(static w => w.Key)))
            yield return "weights differ";
    }

    private static bool SameGroups(EnsembleConfig ours, EnsembleConfig theirs) =>
        ours.Groups.Count == theirs.Groups.Count
        && ours.Groups.All(g => theirs.Groups.TryGetValue(g.Key, out IReadOnlyList<long>? members) && members.Order().SequenceEqual(g.Value.Order()));

    /// <summary>Whether addresses are the same. A member may name itself by the address of every interface.</summary>
    private static bool AreSame(IReadOnlyList<EnsembleAddress> here, IReadOnlyList<EnsembleAddress> there) =>
        here.Count == there.Count && here.Zip(there).All(static pair =>
            pair.First.QuorumPort == pair.Second.QuorumPort && pair.First.ElectionPort == pair.Second.ElectionPort
            && (pair.First.Host.Equals(pair.Second.Host, StringComparison.OrdinalIgnoreCase) || IsAny(pair.First.Host) || IsAny(pair.Second.Host)));

    private static bool IsAny(string host) => host is "0.0.0.0" or "::";
}
