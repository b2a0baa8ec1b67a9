using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CoordPS.Server.Hosting;

/// <summary>
/// The network between the members of an ensemble in this process, to be partitioned, cut, slowed and healed. It behaves as TCP does over
/// a network that loses packets: what is sent over a cut direction is not lost, it arrives when the cut is healed unless the connection has
/// been given up by then; the sender learns nothing. A connection can be opened only while both directions are whole.
/// </summary>
/// <remarks>
/// Members and their elections, proposals and snapshots pass through it; clients do only where <see cref="Clients"/> is named. As long as
/// nothing is wrong with a link, its connections are plain sockets.
/// </remarks>
public sealed class FaultNetwork
{
    /// <summary>The number that stands for all clients.</summary>
    public const long Clients = 0;

    private readonly ConcurrentDictionary<(long From, long To), LinkPath> _paths = new();
    private readonly ConcurrentDictionary<int, long> _dialers = new();
    private readonly ConcurrentDictionary<long, byte> _members = new();

    /// <summary>A network without faults.</summary>
    /// <param name="members">The members' numbers.</param>
    public FaultNetwork(IEnumerable<long> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        foreach (long member in members)
            Add(member);
    }

    /// <summary>The members it connects.</summary>
    public IReadOnlyList<long> Members => [.. _members.Keys.Order()];

    /// <summary>What is wrong at present, by sender and receiver.</summary>
    public IReadOnlyList<LinkFault> Faults =>
        [.. _paths.Values.Where(static p => p.IsDisturbed).Select(static p => p.Fault).OrderBy(static f => f.From).ThenBy(static f => f.To)];

    /// <summary>
    /// Lets members reach those of their own group only. Members that no group names form one more group. Replaces all cuts between members;
    /// delays stay.
    /// </summary>
    /// <param name="groups">The groups.</param>
    /// <exception cref="ArgumentException">A member is in two groups, or there is no such member.</exception>
    public void Partition(params IReadOnlyCollection<long>[] groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var groupOf = new Dictionary<long, int>();
        for (int i = 0; i < groups.Length; i++)
        {
            foreach (long member in groups[i])
            {
                Check(member, clients: false);
                if (!groupOf.TryAdd(member, i))
                    throw new ArgumentException($"Member {member} is in two groups.", nameof(groups));
            }
        }

        foreach (long from in Members)
        {
            foreach (long to in Members.Where(to => to != from))
            {
                bool cut = groupOf.GetValueOrDefault(from, -1) != groupOf.GetValueOrDefault(to, -1);
                PathOf(from, to).Change(fault => fault with { IsCut = cut });
            }
        }
    }

    /// <summary>Cuts a member off from all others. Its clients still reach it.</summary>
    /// <exception cref="ArgumentException">There is no such member.</exception>
    public void Isolate(long member)
    {
        Check(member, clients: false);
        foreach (long other in Members.Where(other => other != member))
            Cut(member, other);
    }

    /// <summary>Lets nothing arrive that one member sends to another.</summary>
    /// <param name="from">Who sends; <see cref="Clients"/> for all clients.</param>
    /// <param name="to">Who receives; <see cref="Clients"/> for all clients.</param>
    /// <param name="oneWay">Whether what the other member sends still arrives.</param>
    /// <exception cref="ArgumentException">There is no such member.</exception>
    public void Cut(long from, long to, bool oneWay = false) => Change(from, to, oneWay, static fault => fault with { IsCut = true });

    /// <summary>Delays what one member sends to another. What is sent first arrives first, whatever the jitter.</summary>
    /// <param name="from">Who sends; <see cref="Clients"/> for all clients.</param>
    /// <param name="to">Who receives; <see cref="Clients"/> for all clients.</param>
    /// <param name="delay">By how much; zero for no delay.</param>
    /// <param name="jitter">By how much more at most, at random.</param>
    /// <param name="oneWay">Whether what the other member sends is not delayed.</param>
    /// <exception cref="ArgumentException">There is no such member, or a time is negative.</exception>
    public void Delay(long from, long to, TimeSpan delay, TimeSpan jitter = default, bool oneWay = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, TimeSpan.Zero);
        Change(from, to, oneWay, fault => fault with { Delay = delay, Jitter = jitter });
    }

    /// <summary>Ends all faults.</summary>
    public void Heal()
    {
        foreach (LinkPath path in _paths.Values)
            Heal(path);
    }

    /// <summary>Ends the faults of a member's links.</summary>
    /// <exception cref="ArgumentException">There is no such member.</exception>
    public void Heal(long member)
    {
        Check(member, clients: true);
        foreach (((long from, long to), LinkPath path) in _paths)
        {
            if (from == member || to == member)
                Heal(path);
        }
    }

    /// <summary>Ends the faults between two members.</summary>
    /// <exception cref="ArgumentException">There is no such member.</exception>
    public void Heal(long from, long to, bool oneWay = false) =>
        Change(from, to, oneWay, static fault => fault with { IsCut = false, Delay = TimeSpan.Zero, Jitter = TimeSpan.Zero });

    internal void Add(long member)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(member);
        _members.TryAdd(member, 0);
    }

    internal void Remove(long member)
    {
        _members.TryRemove(member, out _);
        foreach (((long from, long to), LinkPath path) in _paths)
        {
            if (from == member || to == member)
            {
                Heal(path);
                _paths.TryRemove((from, to), out _);
            }
        }
    }

    internal LinkPath PathOf(long from, long to) => _paths.GetOrAdd((from, to), static key => new LinkPath(key.From, key.To));

    /// <summary>Waits as long as the packets that open a connection are lost, and under way.</summary>
    internal async Task WhenConnectedAsync(long from, long to, CancellationToken cancellationToken)
    {
        LinkPath there = PathOf(from, to);
        LinkPath back = PathOf(to, from);
        while (there.IsDisturbed || back.IsDisturbed)
        {
            await there.WhenOpenAsync(cancellationToken).ConfigureAwait(false);
            await back.WhenOpenAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(there.NextDelay() + back.NextDelay(), cancellationToken).ConfigureAwait(false);
            if (!there.IsCut && !back.IsCut)
                return;
        }
    }

    /// <summary>Tells whose socket it is that will connect.</summary>
    internal void Announce(Socket socket, long member) => _dialers[((IPEndPoint)socket.LocalEndPoint!).Port] = member;

    /// <summary>The path from whoever opened a connection; null when that is no member of this network.</summary>
    internal LinkPath? IncomingOf(Socket socket, long member) =>
        socket.RemoteEndPoint is IPEndPoint remote && _dialers.TryRemove(remote.Port, out long dialer) ? PathOf(dialer, member) : null;

    private static void Heal(LinkPath path) => path.Change(static fault => fault with { IsCut = false, Delay = TimeSpan.Zero, Jitter = TimeSpan.Zero });

    private void Change(long from, long to, bool oneWay, Func<LinkFault, LinkFault> change)
    {
        Check(from, clients: true);
        Check(to, clients: true);
        if (from == to)
            throw new ArgumentException($"Member {from} has no link with itself.", nameof(to));
        PathOf(from, to).Change(change);
        if (!oneWay)
            PathOf(to, from).Change(change);
    }

    private void Check(long member, bool clients)
    {
        if (!_members.ContainsKey(member) && !(clients && member == Clients))
            throw new ArgumentException($"There is no member {member}; there are {string.Join(", ", Members)}.", nameof(member));
    }
}
