using System.Globalization;
using System.Net;
using CoordPS.Containers;
using CoordPS.Server;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// An ensemble whose members are containers of a Docker Engine. Everything about it is on the engine: its members are found by their containers'
/// labels, their data is in volumes. It stays, stopped, until it is removed.
/// </summary>
internal sealed class ContainerEnsemble : HostedEnsemble
{
    private const string HostNetwork = "host";

    /// <summary>The ports in a network where each member has an address of its own.</summary>
    private const int QuorumPort = 2888;
    private const int ElectionPort = 3888;
    private const int ClientPort = 2181;

    private static readonly Dictionary<string, string[]> OfEnsembles = new() { ["label"] = [MemberLabels.EnsembleLabel] };

    private readonly DockerEngineClient _engine;
    private readonly TimeSpan _timeout;
    private readonly List<int> _givenPorts = [];
    private readonly Lock _lock = new();
    private readonly bool _isNew;
    private List<ContainerMember> _members;
    private Task? _stopping;

    private ContainerEnsemble(string name, DockerEngineClient engine, IEnumerable<ContainerMember> members, TimeSpan timeout, bool isNew)
    {
        Name = name;
        _engine = engine;
        _timeout = timeout;
        _isNew = isNew;
        _members = [.. members.OrderBy(static m => m.Id)];
    }

    public override string Name { get; }

    public override LocalEnsembleKind Kind => LocalEnsembleKind.Container;

    public override string DataPath => string.Join(',', ContainerMembers.Select(static m => m.Labels.Volume));

    public override bool IsTemporary => false;

    public override IReadOnlyList<LocalMember> Members => ContainerMembers;

    public override bool IsStopped
    {
        get
        {
            lock (_lock)
                return _stopping is not null;
        }
    }

    public override IReadOnlyList<ConfigWarning> Warnings => [];

    public override string? SuperPassword => ContainerMembers[0].Environment.GetValueOrDefault(MemberEnvironment.SuperPassword);

    /// <summary>Where its engine listens.</summary>
    public DockerEndpoint Endpoint => _engine.Endpoint;

    /// <summary>The image of its members.</summary>
    public string Image => ContainerMembers[0].Image;

    public IReadOnlyList<ContainerMember> ContainerMembers
    {
        get
        {
            lock (_lock)
                return [.. _members];
        }
    }

    /// <summary>The ensembles of an engine, the oldest first.</summary>
    public static async Task<IReadOnlyList<ContainerEnsemble>> FindAsync(DockerEngineClient engine, CancellationToken ct)
    {
        List<(ContainerInfo Info, MemberLabels Labels)> found = [];
        await foreach (ContainerInfo info in engine.GetContainersAsync(all: true, OfEnsembles, ct).ConfigureAwait(false))
        {
            if (MemberLabels.Of(info) is { } labels)
                found.Add((info, labels));
        }

        return [.. found
            .GroupBy(static one => one.Labels.Ensemble, StringComparer.OrdinalIgnoreCase)
            .Select(group => new ContainerEnsemble(
                group.First().Labels.Ensemble, engine, group.Select(one => new ContainerMember(engine, ContainerMember.SpecOf(one.Info), one.Labels, one.Info)), TimeSpan.FromMinutes(1), isNew: false)
            {
                Started = group.Max(static one => one.Info.Started ?? one.Info.Created),
            })
            .OrderBy(static e => e.Started)];
    }

    /// <summary>One that is not there yet, or, stopped, is; nothing runs or is made yet.</summary>
    /// <exception cref="LocalEnsembleException">It runs, or is not as it is wanted.</exception>
    public static async Task<ContainerEnsemble> OpenAsync(DockerEngineClient engine, ContainerEnsembleOptions options, CancellationToken ct)
    {
        if ((await FindAsync(engine, ct).ConfigureAwait(false)).FirstOrDefault(e => e.Name.Equals(options.Name, StringComparison.OrdinalIgnoreCase)) is { } present)
            return Again(present, options);
        int members = options.Members ?? 1, observers = options.Observers ?? 0, count = members + observers;
        if (members == 1 && observers > 0)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Configuration, "Observers need a quorum, and one member is a standalone server.", "Give -Members 3, or leave out -Observers.");
        }

        Dictionary<string, string> environment = MemberEnvironment.Of(options.Settings);
        var given = new List<int>();
        try
        {
            int[]? client = EnsembleFolder.Ports(options.ClientPorts, count, EnsembleFolder.ClientPort);
            int[]? quorum = EnsembleFolder.Ports(options.QuorumPorts, count, EnsembleFolder.QuorumPort);
            int[]? election = EnsembleFolder.Ports(options.ElectionPorts, count, EnsembleFolder.ElectionPort);
            MemberLabels[] labels = [.. Enumerable.Range(0, count).Select(i => Labels(
                options.Name, i + 1, options.Network, options.Address, i >= members, given, client?[i], quorum?[i], election?[i]))];
            // Nothing of somebody else's is ever taken for an ensemble's.
            string[] volumes = [.. (await engine.GetVolumeNamesAsync(new() { ["name"] = [.. labels.Select(static l => l.Volume)] }, ct).ConfigureAwait(false)).Intersect(labels.Select(static l => l.Volume))];
            if (volumes.Length > 0)
            {
                throw new LocalEnsembleException(
                    LocalEnsembleProblem.Mismatch, $"The engine has volumes already that '{options.Name}' would use, without containers to them: {string.Join(", ", volumes)}.",
                    "Choose another name, or remove the volumes if nobody needs what is in them ('docker volume rm'). Nothing was changed.");
            }

            string servers = string.Join(' ', labels.Select(static l => $"server.{l.Id}={l.Server}"));
            var ensemble = new ContainerEnsemble(
                options.Name, engine, labels.Select(l => new ContainerMember(engine, Spec(l, options.Image, options.Network, environment, servers), l, null)), options.Timeout, isNew: true);
            ensemble._givenPorts.AddRange(given);
            return ensemble;
        }
        catch
        {
            given.ForEach(PortPicker.Release);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await StartMembersAsync(cancellationToken).ConfigureAwait(false);
            await FormAsync(_timeout, cancellationToken).ConfigureAwait(false);
            Started = DateTimeOffset.Now;
        }
        catch
        {
            // What was there stays, stopped; what was made goes.
            await Task.WhenAll(ContainerMembers.Select(m => _isNew ? m.RemoveAsync(deleteData: true, CancellationToken.None) : m.StopAsync(CancellationToken.None)))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        finally
        {
            _givenPorts.ForEach(PortPicker.Release);
        }
    }

    /// <inheritdoc/>
    public override Task StopAsync()
    {
        lock (_lock)
            return _stopping ??= StopMembersAsync(kill: false);
    }

    /// <inheritdoc/>
    public override LocalMember PrepareMember(bool observer, IEnumerable<string> serverLines)
    {
        ContainerMember model = ContainerMembers[0];
        if (ContainerMembers.Count == 1 && !model.IsObserver && !serverLines.Any())
            throw Standalone();
        long id = ContainerMembers.Max(static m => m.Id) + 1;
        MemberLabels labels = Labels(Name, id, model.Network, model.Labels.Client.Address.ToString(), observer, _givenPorts, null, null, null);
        string servers = string.Join(' ', serverLines.Append($"server.{id}={labels.Server}"));
        var member = new ContainerMember(_engine, Spec(labels, model.Image, model.Network, model.Environment, servers), labels, null);
        lock (_lock)
            _members = [.. _members, member];
        return member;
    }

    /// <inheritdoc/>
    public override async Task DiscardMemberAsync(long id, bool deleteData, CancellationToken cancellationToken = default)
    {
        var member = (ContainerMember)Member(id);
        await member.StopAsync(cancellationToken).ConfigureAwait(false);
        await member.RemoveAsync(deleteData, cancellationToken).ConfigureAwait(false);
        lock (_lock)
            _members = [.. _members.Where(m => m != member)];
    }

    /// <inheritdoc/>
    public override async Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        await Task.WhenAll(ContainerMembers.Select(m => m.RemoveAsync(deleteData: true, cancellationToken))).ConfigureAwait(false);
        // What members had before a restore, and those had that were removed.
        foreach (string volume in await _engine.GetVolumeNamesAsync(new() { ["label"] = [$"{MemberLabels.EnsembleLabel}={Name}"] }, cancellationToken).ConfigureAwait(false))
            await _engine.RemoveVolumeAsync(volume, cancellationToken).ConfigureAwait(false);
    }

    private static ContainerEnsemble Again(ContainerEnsemble present, ContainerEnsembleOptions options)
    {
        if (present.Members.Any(static m => m.State is LocalMemberState.Running or LocalMemberState.Suspended))
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Exists, $"An ensemble named '{present.Name}' runs already on {present.Endpoint}.",
                "Use it (Get-CoordEnsemble), stop it (Stop-CoordEnsemble), or choose another name.");
        }

        int observers = present.Members.Count(static m => m.IsObserver), members = present.Members.Count - observers;
        if ((options.Members ?? members) != members || (options.Observers ?? observers) != observers
            || options.Settings.Count + options.ClientPorts.Count + options.QuorumPorts.Count + options.ElectionPorts.Count > 0)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Mismatch, $"There is an ensemble '{present.Name}' on {present.Endpoint}, stopped, with {members} members and {observers} observers and settings of its own.",
                "Leave out -Members, -Observers, -Configuration and the ports to start it as it is; or remove it with its data first (Stop-CoordEnsemble -DeleteData), or choose another name.");
        }

        return new ContainerEnsemble(present.Name, present._engine, present._members, options.Timeout, isNew: false);
    }

    private static MemberLabels Labels(
        string ensemble, long id, string network, string address, bool observer, List<int> given, int? client, int? quorum, int? election)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{ensemble}-{id}");
        IPAddress host = MemberFolder.Reachable(address);
        int clientPort = client ?? Choose();
        string role = observer ? "observer" : "participant";
        string server = network == HostNetwork
            ? string.Create(CultureInfo.InvariantCulture, $"{host}:{quorum ?? Choose()}:{election ?? Choose()}:{role};{address}:{clientPort}")
            : string.Create(CultureInfo.InvariantCulture, $"{name}:{QuorumPort}:{ElectionPort}:{role};{ClientPort}");
        return new MemberLabels(ensemble, id, server, new IPEndPoint(host, clientPort), $"{name}-data");

        int Choose()
        {
            int port = PortPicker.Next(host.ToString());
            given.Add(port);
            return port;
        }
    }

    private static ContainerSpec Spec(MemberLabels labels, string image, string network, IReadOnlyDictionary<string, string> environment, string servers) => new()
    {
        Image = image,
        Name = string.Create(CultureInfo.InvariantCulture, $"{labels.Ensemble}-{labels.Id}"),
        Environment = new Dictionary<string, string>(environment, StringComparer.Ordinal)
        {
            ["ZOO_MY_ID"] = labels.Id.ToString(CultureInfo.InvariantCulture),
            [MemberEnvironment.Servers] = servers,
        },
        Labels = labels.ToDictionary(),
        Network = network,
        Ports = network == HostNetwork ? [] : [new PortMapping(ClientPort, labels.Client.Port, labels.Client.Address.ToString())],
        Volumes = [new VolumeMount(labels.Volume, MemberEnvironment.DataDir)],
        RestartPolicy = "unless-stopped",
    };
}
