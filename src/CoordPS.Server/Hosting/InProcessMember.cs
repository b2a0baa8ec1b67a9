using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;
using CoordPS.Server.Quorum;
using CoordPS.Storage;

namespace CoordPS.Server.Hosting;

/// <summary>A member in this process.</summary>
internal sealed class InProcessMember(string ensemble, MemberFolder folder, FaultNetwork? network) : LocalMember(ensemble, folder)
{
    private FreezeGate _gate = new();
    private volatile ZooKeeperServer? _server;
    private IPEndPoint? _clientEndPoint;

    public override IPEndPoint ClientEndPoint => _clientEndPoint ?? base.ClientEndPoint;

    public override int ProcessId => _server is null ? 0 : Environment.ProcessId;

    public override LocalMemberState State => _server is not { } server ? LocalMemberState.Stopped
        : server.Completion.IsFaulted ? LocalMemberState.Failed
        : server.Completion.IsCompleted ? LocalMemberState.Stopped
        : _gate.IsClosed ? LocalMemberState.Suspended
        : LocalMemberState.Running;

    public override LocalMemberRole Role => _server is not { } server || State is LocalMemberState.Stopped or LocalMemberState.Failed ? LocalMemberRole.None
        : server.Member is not { } member ? LocalMemberRole.Standalone
        : server.IsReadOnly ? LocalMemberRole.ReadOnly
        : !server.IsServing ? LocalMemberRole.Looking
        : RoleOf(member.State);

    public override string? Failure => _server?.Completion.Exception?.GetBaseException().Message;

    /// <summary>The server while it runs; null before its start and after its stop.</summary>
    internal ZooKeeperServer? Server => _server;

    public override async Task WaitUntilServingAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await (_server ?? throw Failed()).WaitUntilServingAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException e)
        {
            throw Failed(e);
        }
    }

    public override Task RefreshAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    private protected override async Task StartOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_server is not null)
                Folder = Folder.Reload();
            // The port that the system chose at the first start is the one that clients know.
            ServerConfig config = _clientEndPoint is null ? Folder.Config : Folder.Config with { ClientPort = _clientEndPoint.Port };
            var gate = new FreezeGate();
            ZooKeeperServer server = await ZooKeeperServer.StartAsync(config, null, new MemberHost(gate, network, Id), cancellationToken).ConfigureAwait(false);
            (_gate, _server) = (gate, server);
            _clientEndPoint ??= new IPEndPoint(base.ClientEndPoint.Address, server.ClientEndPoint.Port);
        }
        catch (ConfigException e)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Configuration, $"Member {Id} of ensemble '{Ensemble}' can't start: {e.Message}",
                ConfigPath is null ? "Correct the setting in -Configuration." : $"Correct '{ConfigPath}'.", Id, e);
        }
        catch (SocketException e)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Address, $"Member {Id} of ensemble '{Ensemble}' can't start: {e.Message}",
                "Leave out the ports to have free ones chosen, or give others.", Id, e);
        }
        catch (Exception e) when (e is StorageException or UnauthorizedAccessException or IOException)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Data, $"Member {Id} of ensemble '{Ensemble}' can't start: {e.Message}",
                $"Make sure that '{DataPath}' can be read and written and that no other server uses it; what is damaged can be fetched from the others by an empty folder.",
                Id, e);
        }
    }

    private protected override Task EndAsync(bool kill, CancellationToken cancellationToken) => _server is not { } server ? Task.CompletedTask
        : (kill || _gate.IsClosed ? server.AbandonAsync() : server.StopAsync()).WaitAsync(cancellationToken);

    private protected override Task FreezeAsync(bool freeze, CancellationToken cancellationToken)
    {
        if (freeze)
            _gate.Close();
        else
            _gate.Open();
        return Task.CompletedTask;
    }

    private static LocalMemberRole RoleOf(MemberState state) => state.Role.State switch
    {
        ServerState.Leading => LocalMemberRole.Leader,
        ServerState.Following => LocalMemberRole.Follower,
        ServerState.Observing => LocalMemberRole.Observer,
        _ => LocalMemberRole.Looking,
    };
}
