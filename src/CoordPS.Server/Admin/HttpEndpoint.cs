using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Admin;

/// <summary>
/// A small HTTP/1.1 server for GET and HEAD on a socket of its own. Why neither Kestrel nor HttpListener:
/// docs/decisions/0021-admin-endpoint.md.
/// </summary>
internal sealed class HttpEndpoint : IAsyncDisposable
{
    private const int MaxHead = 8192;
    private const int MaxConnections = 128;
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly Func<HttpExchangeRequest, HttpExchangeResponse> _handler;
    private readonly TimeSpan _idleTimeout;
    private readonly ILogger _logger;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Lock _gate = new();
    private readonly Task _accepting;

    /// <summary>Listens at once.</summary>
    /// <param name="address">Where; 0.0.0.0 and :: mean all addresses of both families.</param>
    /// <param name="port">0 takes any free port.</param>
    /// <param name="idleTimeout">How long a connection may stay silent.</param>
    /// <param name="handler">Answers a request; called on the thread pool.</param>
    /// <param name="logger">For requests that fail.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public HttpEndpoint(
        IPAddress address, int port, TimeSpan idleTimeout, Func<HttpExchangeRequest, HttpExchangeResponse> handler, ILogger logger)
    {
        _handler = handler;
        _idleTimeout = idleTimeout;
        _logger = logger;
        _listener = Listen(address, port);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        await Task.WhenAll(open).ConfigureAwait(false);
        _stop.Dispose();
    }

    private static Socket Listen(IPAddress address, int port)
    {
        var any = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        var both = any && Socket.OSSupportsIPv6;
        var socket = new Socket(both ? AddressFamily.InterNetworkV6 : address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (both)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(both ? IPAddress.IPv6Any : address, port));
            socket.Listen();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (_stop.IsCancellationRequested)
                {
                    return;
                }

                _logger.LogWarning("Admin endpoint could not accept a connection: {Error}", e.Message);
                continue;
            }

            lock (_gate)
            {
                if (_connections.Count >= MaxConnections)
                {
                    socket.Dispose();
                    continue;
                }

                var serving = Task.Run(() => ServeAsync(socket));
                _connections.Add(serving);
                _ = serving.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    private void Forget(Task connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        var buffer = new byte[MaxHead];
        var filled = 0;
        try
        {
            for (var keep = true; keep;)
            {
                var length = await ReadHeadAsync(socket, buffer, filled).ConfigureAwait(false);
                if (length.End == 0)
                {
                    if (length.Filled == buffer.Length)
                    {
                        await SendAsync(socket, Error(HttpStatusCode.RequestHeaderFieldsTooLarge), false, false).ConfigureAwait(false);
                    }

                    return;
                }

                keep = await AnswerAsync(socket, Encoding.Latin1.GetString(buffer, 0, length.End)).ConfigureAwait(false);
                filled = length.Filled - length.End;
                Array.Copy(buffer, length.End, buffer, 0, filled);
            }

            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            _logger.LogDebug("Admin connection ended: {Reason}", e.Message);
        }
    }

    /// <summary>Reads up to the empty line that ends a request's head; End is 0 when there is none.</summary>
    private async Task<(int End, int Filled)> ReadHeadAsync(Socket socket, byte[] buffer, int filled)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        idle.CancelAfter(_idleTimeout);
        while (true)
        {
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return (end + 4, filled);
            }

            if (filled == buffer.Length)
            {
                return (0, filled);
            }

            var read = await socket.ReceiveAsync(buffer.AsMemory(filled), idle.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return (0, 0);
            }

            filled += read;
        }
    }

    private async Task<bool> AnswerAsync(Socket socket, string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var parts = lines.Length > 0 ? lines[0].Split(' ') : [];
        if (parts is not [var method, ['/', ..] target, "HTTP/1.1" or "HTTP/1.0"] || method.AsSpan().IndexOfAnyExcept(TokenCharacters) >= 0)
        {
            return await SendAsync(socket, Error(HttpStatusCode.BadRequest), false, false).ConfigureAwait(false);
        }

        var connection = Header(lines, "Connection");
        var keep = parts[2] == "HTTP/1.1" && !connection.Equals("close", StringComparison.OrdinalIgnoreCase);
        if (method is not ("GET" or "HEAD"))
        {
            return await SendAsync(socket, Error(HttpStatusCode.MethodNotAllowed), false, false).ConfigureAwait(false);
        }

        // A body to a GET means nothing here; not to mistake it for the next request, the connection ends after the answer.
        keep &= Header(lines, "Content-Length") is "" or "0" && Header(lines, "Transfer-Encoding").Length == 0;
        return await SendAsync(socket, Handle(Parse(method, target)), keep, method == "HEAD").ConfigureAwait(false);
    }

    private HttpExchangeResponse Handle(HttpExchangeRequest request)
    {
        try
        {
            return _handler(request);
        }
#pragma warning disable CA1031 // Whatever fails while a report is made must not end the server; it is logged and answered.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.LogError(e, "Admin request {Path} failed", request.Path);
            return Error(HttpStatusCode.InternalServerError);
        }
    }

    private async Task<bool> SendAsync(Socket socket, HttpExchangeResponse response, bool keep, bool headOnly)
    {
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {(int)response.Status} {Reason(response.Status)}\r\nDate: {DateTime.UtcNow:R}\r\nContent-Type: {response.ContentType}\r\n"
            + $"Content-Length: {response.Body.Length}\r\nCache-Control: no-store\r\n");
        if (response.Status == HttpStatusCode.MethodNotAllowed)
        {
            head += "Allow: GET, HEAD\r\n";
        }

        head += keep ? "\r\n" : "Connection: close\r\n\r\n";
        byte[] bytes = [.. Encoding.ASCII.GetBytes(head), .. headOnly ? [] : response.Body];
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        idle.CancelAfter(_idleTimeout);
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), idle.Token).ConfigureAwait(false);
        }

        return keep;
    }

    private static HttpExchangeRequest Parse(string method, string target)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var query = new Dictionary<string, string>(StringComparer.Ordinal);
        if (question >= 0)
        {
            foreach (var pair in target[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = pair.IndexOf('=', StringComparison.Ordinal);
                var name = equals < 0 ? pair : pair[..equals];
                query.TryAdd(WebUtility.UrlDecode(name), equals < 0 ? "" : WebUtility.UrlDecode(pair[(equals + 1)..]));
            }

            target = target[..question];
        }

        return new HttpExchangeRequest(method, Uri.UnescapeDataString(target), query);
    }

    private static string Header(string[] lines, string name)
    {
        foreach (var line in lines.AsSpan(1))
        {
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }

        return "";
    }

    private static HttpExchangeResponse Error(HttpStatusCode status) => new(
        status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(int)status} {Reason(status)}\n")));

    private static string Reason(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => "Bad Request",
        HttpStatusCode.NotFound => "Not Found",
        HttpStatusCode.MethodNotAllowed => "Method Not Allowed",
        HttpStatusCode.RequestHeaderFieldsTooLarge => "Request Header Fields Too Large",
        HttpStatusCode.InternalServerError => "Internal Server Error",
        _ => status.ToString(),
    };
}
