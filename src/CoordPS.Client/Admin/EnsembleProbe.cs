using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace CoordPS.Client.Admin;

/// <summary>A member to ask: its id, its address, or both.</summary>
/// <param name="Id">The N of its <c>server.N</c>; null when it is not known.</param>
/// <param name="Server">Its address for clients; null when it is not known.</param>
public sealed record ProbeTarget(int? Id, ServerName? Server);

/// <summary>
/// Reads all members of an ensemble at once: those it is told of, and those that their configuration names. Ids come from the members
/// themselves, or else from the configuration.
/// </summary>
/// <param name="targets">The members known at first.</param>
/// <param name="options">How to ask; null for the defaults.</param>
/// <param name="configuration">
/// Reads the ensemble's configuration, or null where there is none to read; called when no member's <c>conf</c> told it.
/// </param>
public sealed class EnsembleProbe(
    IReadOnlyList<ProbeTarget> targets, AdminOptions? options = null, Func<CancellationToken, Task<EnsembleMembership?>>? configuration = null)
{
    private readonly AdminOptions _options = options ?? new AdminOptions();
    private readonly List<Found> _found = [];
    private EnsembleMembership? _membership;

    /// <summary>
    /// Reads the members. Each is returned as soon as it and the leader have answered, for its lag is against the leader; those that don't
    /// answer come last.
    /// </summary>
    public async IAsyncEnumerable<MemberStatus> ReadAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        List<Task<MemberStatus>> asked = [.. targets.Select(target => AskAsync(target, ct))];
        List<MemberStatus> held = [];
        MemberStatus? leader = null;
        bool complete = false;
        while (asked.Count > 0)
        {
            Task<MemberStatus> answered = await Task.WhenAny(asked).ConfigureAwait(false);
            asked.Remove(answered);
            MemberStatus status = await answered.ConfigureAwait(false);
            _membership ??= status.Membership;
            _found.Add(new Found(status, status.Server is null ? [] : await ResolveAsync(status.Server, ct).ConfigureAwait(false)));
            held.Add(status);
            if (status.Role is MemberRole.Leader or MemberRole.Standalone)
                leader ??= status;
            if (asked.Count == 0 && !complete)
            {
                complete = true;
                if (_membership is null && configuration is not null && _found.Exists(found => found.Status.State > MemberState.Unreachable && found.Status.Role != MemberRole.Standalone))
                    _membership = await configuration(ct).ConfigureAwait(false);
                if (_membership is not null)
                    asked.AddRange(await MissingAsync(ct).ConfigureAwait(false));
            }

            if (asked.Count > 0 && leader is null)
                continue;
            foreach (MemberStatus ready in Take(held, all: asked.Count == 0))
                yield return WithLag(ready, leader);
        }
    }

    /// <summary>The lag behind a leader: by counters in the same epoch; a leader that has ordered nothing yet in its own epoch has nothing to be behind of.</summary>
    internal static MemberStatus WithLag(MemberStatus status, MemberStatus? leader)
    {
        if (status.LastZxid is not { } own)
            return Because("its last zxid is not known");
        if (leader?.LastZxid is not { } last)
            return Because("no leader was found");
        // Readings are taken one after the other, and writes may come between.
        if (own >>> 32 == last >>> 32)
            return status with { Lag = Math.Max(0, last - own) };
        if (own >>> 32 < last >>> 32 && (last & 0xffffffff) == 0)
            return status with { Lag = 0 };
        return Because($"its last zxid 0x{own:x} is of another epoch than the leader's 0x{last:x}");

        MemberStatus Because(string reason) => status with { WhyUnknown = new Dictionary<string, string>(status.WhyUnknown) { ["Lag"] = reason } };
    }

    private static bool IsSameHost(string one, string other) =>
        string.Equals(one, other, StringComparison.OrdinalIgnoreCase) || (IsLoopback(one) && IsLoopback(other));

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Takes out those whose id is known, by id; when nothing more can be learned, all.</summary>
    private MemberStatus[] Take(List<MemberStatus> held, bool all)
    {
        (MemberStatus Held, MemberStatus Named)[] ready = [.. held.Select(one => (one, Identified(one))).Where(one => all || one.Item2.Id is not null)];
        foreach ((MemberStatus one, _) in ready)
            held.Remove(one);
        return [.. ready.Select(one => one.Named).OrderBy(one => one.Id ?? int.MaxValue)];
    }

    private async Task<MemberStatus> AskAsync(ProbeTarget target, CancellationToken ct, bool isGuess = false)
    {
        if (target.Server is null)
            return NoAddress(target.Id);
        MemberStatus status = await MemberProbe.ReadAsync(target.Server, _options, ct).ConfigureAwait(false);
        return isGuess && status.Id is { } id && id != target.Id ? NoAddress(target.Id) : status with { Id = status.Id ?? target.Id };
    }

    private static MemberStatus NoAddress(int? id) =>
        new() { Id = id, Reason = "its address for clients is in neither the configuration nor the connection string" };

    /// <summary>Asks the members of the configuration that none of the answers can be from.</summary>
    private async Task<IReadOnlyList<Task<MemberStatus>>> MissingAsync(CancellationToken ct)
    {
        List<Task<MemberStatus>> asked = [];
        int[] ids = [.. _found.Select(found => Identified(found.Status).Id).OfType<int>()];
        int usual = _found.Select(found => found.Status.Server?.Port).FirstOrDefault(port => port is not null) ?? ZooKeeperClientOptions.DefaultPort;
        foreach (MembershipEntry entry in _membership!.Members.Where(entry => !ids.Contains(entry.Id)))
        {
            // Without its address in the configuration, a member's port is likely that of the others; it must not be one of the others.
            ServerName server = entry.Client ?? new ServerName(entry.Host, usual);
            IPEndPoint[] addresses = await ResolveAsync(server, ct).ConfigureAwait(false);
            bool taken = _found.Any(found => IsSame(found, server, addresses));
            asked.Add(taken
                ? Task.FromResult(NoAddress(entry.Id))
                : AskAsync(new ProbeTarget(entry.Id, server), ct, isGuess: entry.Client is null));
        }

        return asked;
    }

    private static bool IsSame(Found found, ServerName server, IPEndPoint[] addresses) => found.Status.Server is { } known
        && ((known.Port == server.Port && IsSameHost(known.Host, server.Host)) || found.Addresses.Intersect(addresses).Any());

    /// <summary>The status with its id, if that follows from what is known by now.</summary>
    private MemberStatus Identified(MemberStatus status)
    {
        if (status.Id is not null || status.Server is null || _membership is null || _found.Find(one => ReferenceEquals(one.Status.Server, status.Server)) is not { } found)
            return status;
        MembershipEntry[] byClient = [.. _membership.Members.Where(entry => entry.Client is { } client && IsSame(found, client, []))];
        if (byClient.Length == 1)
            return status with { Id = byClient[0].Id };
        int[] claimed = [.. _found.Select(one => one.Status.Id).OfType<int>()];
        MembershipEntry[] free = [.. _membership.Members.Where(entry => !claimed.Contains(entry.Id))];
        MembershipEntry[] byHost = [.. free.Where(entry => IsSameHost(entry.Host, status.Server.Host))];
        if (byHost.Length == 1 && _membership.Members.Count(entry => IsSameHost(entry.Host, status.Server.Host)) == 1)
            return status with { Id = byHost[0].Id };
        // All others have said who they are.
        bool all = _found.Count >= targets.Count && _found.Count(one => one.Status.Id is null) == 1;
        return all && free.Length == 1 ? status with { Id = free[0].Id } : status;
    }

    private async Task<IPEndPoint[]> ResolveAsync(ServerName server, CancellationToken ct)
    {
        try
        {
            return await server.ResolveAsync(_options.Resolver, ct).WaitAsync(_options.Timeout, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            // Names are compared as they are written, then.
            return [];
        }
    }

    private sealed record Found(MemberStatus Status, IPEndPoint[] Addresses);
}
