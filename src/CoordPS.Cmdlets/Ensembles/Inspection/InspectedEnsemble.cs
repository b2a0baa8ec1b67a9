using CoordPS.Client;
using CoordPS.Client.Admin;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>An ensemble to look at, of whichever make and wherever: what is known of it before a member is asked.</summary>
/// <param name="Name">The name of an ensemble of this machine, or the servers of another.</param>
/// <param name="ConnectionString">What clients connect to, without a chroot.</param>
/// <param name="Targets">The members known.</param>
/// <param name="Session">The session it was reached by; null if there is none.</param>
internal sealed record InspectedEnsemble(string Name, string ConnectionString, IReadOnlyList<ProbeTarget> Targets, CoordSession? Session)
{
    /// <summary>The ensemble as this machine hosts it; null when it does not.</summary>
    public CoordEnsemble? Local { get; private init; }

    public static InspectedEnsemble Of(CoordEnsemble ensemble) => new(
        ensemble.Name, ensemble.ConnectionString, [.. ensemble.Members.Select(member => new ProbeTarget(member.Id, ServerName.ParseList(member.Server!)[0]))], null) { Local = ensemble };

    /// <summary>A member with what was read from it.</summary>
    public CoordMember Member(MemberStatus reading) => new(
        Name, ConnectionString, reading,
        Local?.Local.Members.FirstOrDefault(member => member.Id == reading.Id || (reading.Id is null && member.ClientEndPoint.ToString() == reading.Server?.ToString())));

    /// <exception cref="CoordException">It is no connection string.</exception>
    public static InspectedEnsemble Of(string connectionString)
    {
        try
        {
            IReadOnlyList<ServerName> servers = ServerName.ParseList(connectionString);
            string text = string.Join(',', servers);
            return new InspectedEnsemble(text, text, [.. servers.Distinct().Select(server => new ProbeTarget(null, server))], null);
        }
        catch (ArgumentException e)
        {
            throw new CoordException(
                nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, e.Message, "Write the members' addresses for clients as host1:2181,host2:2181.", null, e);
        }
    }

    public EnsembleProbe Probe(AdminOptions options) => new(Targets, options, ct => ReadConfigurationAsync(options, ct));

    /// <summary>Opens a session of its own, or lends the one that it was reached by.</summary>
    public async Task<SessionLease> OpenAsync(TimeSpan timeout, CancellationToken ct) => Session is { State: SessionState.Connected or SessionState.Disconnected }
        ? new SessionLease(Session.Client, null)
        : new SessionLease(await ConnectAsync(timeout, ct).ConfigureAwait(false));

    /// <summary>Opens a session of its own.</summary>
    public Task<ZooKeeperClient> ConnectAsync(TimeSpan timeout, CancellationToken ct, int maxInFlight = 1000) => ZooKeeperClient.ConnectAsync(
        new ZooKeeperClientOptions
        {
            ConnectionString = ConnectionString,
            ConnectTimeout = timeout,
            RequestTimeout = timeout > TimeSpan.FromSeconds(10) ? timeout : TimeSpan.FromSeconds(10),
            CloseTimeout = timeout,
            MaxInFlight = maxInFlight,
        },
        ct);

    private async Task<EnsembleMembership?> ReadConfigurationAsync(AdminOptions options, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.Timeout);
        try
        {
            await using SessionLease lease = await OpenAsync(options.Timeout, limit.Token).ConfigureAwait(false);
            ZNodeData data = await lease.Client.GetConfigAsync(limit.Token).ConfigureAwait(false);
            return data.Data is null ? null : EnsembleMembership.Parse(System.Text.Encoding.UTF8.GetString(data.Data));
        }
        catch (ZooKeeperException)
        {
            // Servers before 3.5 have none, and an ensemble without a quorum tells nobody: the members known are all there are to ask.
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }
}

/// <summary>A session that is closed with it if it was opened for it.</summary>
internal sealed class SessionLease(ZooKeeperClient client, ZooKeeperClient? owned) : IAsyncDisposable
{
    public SessionLease(ZooKeeperClient owned)
        : this(owned, owned)
    {
    }

    public ZooKeeperClient Client => client;

    public ValueTask DisposeAsync() => owned is null ? ValueTask.CompletedTask : owned.DisposeAsync();
}
