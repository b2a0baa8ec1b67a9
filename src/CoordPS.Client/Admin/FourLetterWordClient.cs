using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Client.Admin;

/// <summary>Sends four-letter words to a member and reads their answers, each on a connection of its own.</summary>
/// <remarks>Specified by the ZooKeeper Administrator's Guide, "The Four Letter Words".</remarks>
/// <param name="server">The member's address for clients.</param>
/// <param name="options">How long to wait and how much to read; null for the defaults.</param>
public sealed class FourLetterWordClient(ServerName server, AdminOptions? options = null)
{
    /// <summary>The setting that allows words.</summary>
    public const string WhitelistSetting = "4lw.commands.whitelist";

    private const string NotAllowedText = " is not executed because it is not in the whitelist.";
    private const string NotServingText = "This ZooKeeper instance is not currently serving requests";

    private readonly AdminOptions _options = options ?? new AdminOptions();

    /// <summary>The member's address for clients.</summary>
    public ServerName Server { get; } = server;

    /// <summary>Sends a word and returns the whole answer.</summary>
    /// <param name="word">Four ASCII letters, such as <c>srvr</c>.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="AdminException">The member could not be reached, or did not answer with what was asked for.</exception>
    /// <exception cref="ArgumentException">The word has not four ASCII letters.</exception>
    public async Task<string> SendAsync(string word, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (word.Length != 4 || !word.All(char.IsAsciiLetterLower))
            throw new ArgumentException($"'{word}' is not a four-letter word: it has four letters from a to z.", nameof(word));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.Timeout);
        bool connected = false;
        string answer;
        try
        {
            using Socket socket = await ConnectAsync(limit.Token).ConfigureAwait(false);
            connected = true;
            await socket.SendAsync(Encoding.ASCII.GetBytes(word), SocketFlags.None, limit.Token).ConfigureAwait(false);
            answer = await ReadAsync(socket, word, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            string within = $"within {_options.Timeout.TotalMilliseconds:0} ms";
            throw connected
                ? Failed(word, AdminFailure.NoAnswer, $"it took the connection and did not answer {within}",
                    "The process hangs, is stopped, or its disk does not answer: look at its log and its machine.", e)
                : Failed(word, AdminFailure.Unreachable, $"it did not take the connection {within}", "Check the address, that the member runs, and that no firewall is between.", e);
        }
        catch (SocketException e) when (!connected)
        {
            throw Failed(word, AdminFailure.Unreachable, Explain(e), "Check the address and that the member runs.", e);
        }
        catch (SocketException e)
        {
            throw Failed(word, AdminFailure.Closed, $"it dropped the connection: {e.Message}", "Look at the member's log; its maxClientCnxns may be reached.", e);
        }

        return Check(word, answer);
    }

    private async Task<Socket> ConnectAsync(CancellationToken ct)
    {
        IPEndPoint[] addresses = await Server.ResolveAsync(_options.Resolver, ct).ConfigureAwait(false);
        for (int i = 0; ; i++)
        {
            Socket? socket = null;
            // An address that swallows packets must leave time for those after it.
            using var share = CancellationTokenSource.CreateLinkedTokenSource(ct);
            if (i < addresses.Length - 1)
                share.CancelAfter(_options.Timeout / addresses.Length);
            try
            {
                // Even this may fail: where there is no IPv6.
                socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(addresses[i], share.Token).ConfigureAwait(false);
                return socket;
            }
            catch (Exception e)
            {
                socket?.Dispose();
                if (ct.IsCancellationRequested || i == addresses.Length - 1 || e is not (SocketException or OperationCanceledException))
                    throw;
            }
        }
    }

    private async Task<string> ReadAsync(Socket socket, string word, CancellationToken ct)
    {
        var answer = new ArrayBufferWriter<byte>(4096);
        try
        {
            while (await socket.ReceiveAsync(answer.GetMemory(4096), SocketFlags.None, ct).ConfigureAwait(false) is > 0 and var received)
            {
                answer.Advance(received);
                if (answer.WrittenCount > _options.MaxLength)
                    throw Failed(word, AdminFailure.TooLong, $"the answer is longer than {_options.MaxLength} bytes", "Ask for less, or accept longer answers.");
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset && answer.WrittenCount > 0)
        {
            // Servers close at once after the last byte; what came before is the answer.
        }

        return Encoding.UTF8.GetString(answer.WrittenSpan);
    }

    private string Check(string word, string answer)
    {
        if (answer.Length == 0)
        {
            throw Failed(word, AdminFailure.Closed, "it closed the connection without an answer",
                "The member does not know the word, takes no more connections from here (maxClientCnxns), or is no ZooKeeper server (TLS only?).");
        }

        string trimmed = answer.TrimEnd();
        if (trimmed == word + NotAllowedText)
        {
            throw new AdminException(
                AdminFailure.NotAllowed, ErrorCode.NoAuth, Asked(word), $"{word} is not in the member's {WhitelistSetting}", Server.ToString(),
                $"Add it to {WhitelistSetting} in the member's zoo.cfg ({WhitelistSetting}=srvr,mntr,conf,ruok or *) and restart the member.");
        }

        if (trimmed == NotServingText)
            throw Failed(word, AdminFailure.NotServing, "it runs and serves no clients: it is starting, or has no quorum", "Bring up a majority of the members.");
        return answer;
    }

    private static string Explain(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "its name can't be resolved",
        SocketError.ConnectionRefused => "nothing listens there",
        _ => exception.Message,
    };

    private static string Asked(string word) => $"'{word}' was not answered";

    private AdminException Failed(string word, AdminFailure failure, string reason, string action, Exception? inner = null) =>
        new(failure, ErrorCode.ConnectionLoss, Asked(word), reason, Server.ToString(), action, inner);
}
