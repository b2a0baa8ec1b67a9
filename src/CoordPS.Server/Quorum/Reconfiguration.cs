using System.Text;
using CoordPS.Protocol;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>Checks, on the leader, what a client wants the ensemble to become.</summary>
internal sealed class Reconfiguration(ZabPeer peer, ServerConfig config, ILogger logger)
{
    /// <summary>The new configuration as its transaction carries it.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="zxid">The transaction's zxid, which is the configuration's version.</param>
    /// <exception cref="RequestException">It is refused, with Apache's errors.</exception>
    public byte[] Check(in ReconfigRequest request, long zxid)
    {
        // First, as in Apache: what a change is relative to is not settled.
        if (peer.LastSeen.Version != peer.Config.Version)
            throw Refuse(ErrorCode.ReconfigInProgress, $"version {peer.LastSeen.Version:x} has been proposed");
        if (request.ConfigId != -1 && request.ConfigId != peer.Config.Version)
            throw Refuse(ErrorCode.BadVersion, $"it is for version {request.ConfigId:x}, and the configuration has version {peer.Config.Version:x}");
        EnsembleConfig next;
        try
        {
            next = request.NewMembers is { } members
                ? EnsembleConfig.ParseMembers(members, zxid)
                : peer.Config.Change(request.JoiningServers, request.LeavingServers, zxid);
        }
        catch (FormatException e)
        {
            throw Refuse(ErrorCode.BadArguments, e.Message);
        }

        if (config.StandaloneEnabled && next.Voters.Count == 1)
            throw Refuse(ErrorCode.BadArguments, "a single participant would be left, which standaloneEnabled=true makes a server without an ensemble");
        return peer.CheckReconfig(next, request.ConfigId) switch
        {
            ReconfigCheck.Allowed => Encoding.UTF8.GetBytes(next.ToString()),
            ReconfigCheck.NoVoters => throw Refuse(ErrorCode.BadArguments, "no participant would be left"),
            ReconfigCheck.NoQuorum => throw Refuse(
                ErrorCode.NewConfigNoQuorum, $"no quorum of participants {string.Join(", ", next.Voters)} is connected to this leader and up to date"),
            var other => throw Refuse(ErrorCode.SystemError, $"it can't be proposed: {other}"),
        };
    }

    private RequestException Refuse(ErrorCode error, string why)
    {
        logger.LogWarning("A reconfiguration is refused with {Error}: {Why}.", error, why);
        return new RequestException(error);
    }
}
