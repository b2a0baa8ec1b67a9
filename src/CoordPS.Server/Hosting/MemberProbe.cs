using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CoordPS.Server.Hosting;

/// <summary>Asks a server by four-letter word what it does.</summary>
internal static class MemberProbe
{
    private const string Mode = "Mode: ";

    /// <summary>What it does; <see cref="LocalMemberRole.None"/> when it does not answer in time.</summary>
    public static async Task<LocalMemberRole> RoleAsync(IPEndPoint endPoint, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            string answer = await AskAsync(endPoint, "srvr", limit.Token).ConfigureAwait(false);
            int start = answer.IndexOf(Mode, StringComparison.Ordinal);
            return start < 0 ? LocalMemberRole.Looking : answer[(start + Mode.Length)..].Split('\n')[0].Trim() switch
            {
                "leader" => LocalMemberRole.Leader,
                "follower" => LocalMemberRole.Follower,
                "observer" => LocalMemberRole.Observer,
                "standalone" => LocalMemberRole.Standalone,
                "read-only" => LocalMemberRole.ReadOnly,
                _ => LocalMemberRole.Looking,
            };
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return LocalMemberRole.None;
        }
    }

    private static async Task<string> AskAsync(IPEndPoint endPoint, string word, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
        await socket.SendAsync(Encoding.ASCII.GetBytes(word), SocketFlags.None, cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[4096];
        int length = 0;
        for (int read; length < buffer.Length && (read = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, cancellationToken).ConfigureAwait(false)) > 0;)
            length += read;
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
