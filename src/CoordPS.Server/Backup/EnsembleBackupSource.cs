using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Server.Quorum;
using CoordPS.Storage;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Backup;

/// <summary>
/// Copies an ensemble's history from its leader, which takes this for an observer that joins: it sends a snapshot or what is missing,
/// and with UPTODATE says that all that was committed when it was asked has been sent. No vote, no election, no configuration is
/// involved, and members that follow notice nothing.
/// </summary>
internal sealed class EnsembleBackupSource(EnsembleConfig config, TimeSpan timeout, ILogger logger) : BackupSource
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxDial = TimeSpan.FromSeconds(5);

    public override string Description => string.Join(',', config.Members.Values.Select(
        static m => string.Create(CultureInfo.InvariantCulture, $"server.{m.Id}={m.Addresses[0].Host}:{m.Addresses[0].QuorumPort}")));

    internal override void CopyTo(BackupWriter writer, CancellationToken cancellationToken)
    {
        long started = Environment.TickCount64;
        while (true)
        {
            (Socket Socket, string Address)? connected = Connect(started, cancellationToken);
            if (connected is not { } leader)
            {
                throw new BackupException(BackupFailure.NoLeader,
                    $"No leader was found at the quorum ports of {Description} within {timeout.TotalSeconds:0.#} s.",
                    "Check that the ensemble has a quorum and that its quorum ports can be reached from here, without TLS or SASL; or back up a member's data directory on its own machine with -DataPath.");
            }

            // Cancellation has to reach a thread that waits for the socket.
            using CancellationTokenRegistration cancel = cancellationToken.Register(static s => ((Socket)s!).Dispose(), leader.Socket);
            using var conversation = new LeaderConversation(leader.Socket, leader.Address);
            bool joined = false;
            try
            {
                Join(conversation, writer.LastZxid);
                joined = true;
                Synchronize(conversation, writer, cancellationToken);
                return;
            }
            catch (Exception e) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The backup was cancelled.", e, cancellationToken);
            }
            catch (Exception e) when (e is SocketException or IOException or JuteException && e is not BackupException)
            {
                // Someone who is about to lead, or has just ceased to, accepts connections that lead nowhere.
                if (!joined && Environment.TickCount64 - started < timeout.TotalMilliseconds)
                {
                    logger.LogDebug("{Leader} does not lead: {Error}", leader.Address, e.Message);
                    continue;
                }

                throw new BackupException(BackupFailure.ConnectionLost, $"The conversation with {leader.Address} ended before all was copied: {e.Message}",
                    "Try again; the leader's log may say why. If its quorum port wants TLS or SASL, back up a member's data directory on its own machine with -DataPath.", e);
            }
        }
    }

    /// <summary>Introduces this as an observer whose history ends at a zxid.</summary>
    private void Join(LeaderConversation leader, long lastZxid)
    {
        // An id that no member has. A random one, so that two backups at a time do not take each other's place.
        long id = Random.Shared.NextInt64(1L << 40, 1L << 62);
        leader.Send(new QuorumPacket(QuorumPacketType.ObserverInfo, 0, new LearnerInfo(id, LearnerInfo.Zab10, 0).ToArray()));
        QuorumPacket info = leader.Expect(QuorumPacketType.LeaderInfo);
        logger.LogInformation("{Leader} leads in epoch {Epoch}.", leader.Leader, Zxid.Epoch(info.Zxid));
        // -1: no promise that could count, whatever the leader's state.
        leader.Send(new QuorumPacket(QuorumPacketType.AckEpoch, lastZxid, [0xff, 0xff, 0xff, 0xff]));
    }

    private static void Synchronize(LeaderConversation leader, BackupWriter writer, CancellationToken cancellationToken)
    {
        var proposed = new Queue<QuorumPacket>();
        while (true)
        {
            QuorumPacket packet = leader.Receive();
            cancellationToken.ThrowIfCancellationRequested();
            switch (packet.Type)
            {
                case QuorumPacketType.Snap:
                    leader.ReceiveSnapshot(packet.Zxid, reader => writer.CopySnapshot(reader, cancellationToken));
                    break;
                case QuorumPacketType.Diff when writer.LastZxid == 0:
                    writer.WriteEmptySnapshot();
                    break;
                case QuorumPacketType.Diff:
                    break;
                case QuorumPacketType.Trunc:
                    throw new BackupException(BackupFailure.Diverged,
                        $"The backup ends at 0x{writer.LastZxid:x}, and the ensemble's history goes another way after 0x{packet.Zxid:x}: it has been restored since, or is another ensemble.",
                        "Back up to a new folder.");
                case QuorumPacketType.Proposal:
                    proposed.Enqueue(packet);
                    break;
                case QuorumPacketType.Commit or QuorumPacketType.CommitAndActivate:
                    if (!proposed.TryDequeue(out QuorumPacket proposal) || proposal.Zxid != packet.Zxid)
                        throw new JuteException($"The leader committed 0x{packet.Zxid:x}, which it did not propose next.");
                    writer.Append(proposal.Zxid, proposal.Data);
                    break;
                case QuorumPacketType.Inform:
                    writer.Append(packet.Zxid, packet.Data);
                    break;
                case QuorumPacketType.InformAndActivate:
                    // The designated leader comes first.
                    writer.Append(packet.Zxid, packet.Data.AsSpan(sizeof(long)));
                    break;
                case QuorumPacketType.NewLeader:
                    writer.Epoch = Zxid.Epoch(packet.Zxid);
                    writer.Configuration = packet.Data is { Length: > 0 } text ? Encoding.UTF8.GetString(text) : null;
                    leader.Send(new QuorumPacket(QuorumPacketType.Ack, packet.Zxid));
                    break;
                case QuorumPacketType.UpToDate:
                    return;
                default:
                    throw new JuteException($"The leader sent {packet.Type} before it said that all was sent.");
            }
        }
    }

    /// <summary>Connects to the quorum port that is open: only a leader's is.</summary>
    private (Socket Socket, string Address)? Connect(long started, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            List<Task<(Socket, string)?>> dials =
            [
                .. config.Members.Values.Where(static m => m.Type == Zab.LearnerType.Participant)
                    .SelectMany(m => m.Addresses.Select(address => DialAsync(m.Id, address, limit.Token))),
            ];
            (Socket, string)? connected = null;
            while (dials.Count > 0)
            {
                Task<(Socket, string)?> done = Task.WhenAny(dials).GetAwaiter().GetResult();
                dials.Remove(done);
                if (done.GetAwaiter().GetResult() is not { } dialed)
                    continue;
                if (connected is null)
                {
                    connected = dialed;
                    limit.Cancel();
                }
                else
                {
                    dialed.Item1.Dispose();
                }
            }

            if (connected is not null)
                return connected;
            if (Environment.TickCount64 - started >= timeout.TotalMilliseconds)
                return null;
            cancellationToken.WaitHandle.WaitOne(RetryDelay);
        }
    }

    private async Task<(Socket, string)?> DialAsync(long member, EnsembleAddress address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(timeout < MaxDial ? timeout : MaxDial);
            await socket.ConnectAsync(address.Host, address.QuorumPort, limit.Token).ConfigureAwait(false);
            // Where nobody listens on a port that the system may hand out, it can connect to itself.
            if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
                throw new SocketException((int)SocketError.ConnectionRefused);
            socket.ReceiveTimeout = socket.SendTimeout = (int)Math.Clamp(timeout.TotalMilliseconds, 1000, int.MaxValue);
            return (socket, string.Create(CultureInfo.InvariantCulture, $"server.{member} ({socket.RemoteEndPoint})"));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            logger.LogDebug("Member {Member} does not lead, or can't be reached: {Error}", member, e.Message);
            return null;
        }
    }
}
