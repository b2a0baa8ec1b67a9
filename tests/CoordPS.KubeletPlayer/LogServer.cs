using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Web;
using CoordPS.Kubernetes;

namespace CoordPS.KubeletPlayer;

/// <summary>
/// The part of a kubelet's own API that the API server asks for logs: <c>GET /containerLogs/NAMESPACE/POD/CONTAINER</c>, over TLS with a
/// certificate that it signed itself.
/// </summary>
internal sealed class LogServer : IAsyncDisposable
{
    private readonly Func<string, string, PlayedPod?> _find;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2 _certificate = CreateCertificate();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public LogServer(Func<string, string, PlayedPod?> find)
    {
        _find = find;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _certificate.Dispose();
        _stop.Dispose();
    }

    private static X509Certificate2 CreateCertificate()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=kubelet-player", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                serving.RemoveAll(task => task.IsCompleted);
                serving.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var network = new NetworkStream(socket, ownsSocket: true);
            await using var tls = new SslStream(network);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            using var reader = new StreamReader(tls, Encoding.ASCII);
            string[] request = (await reader.ReadLineAsync(_stop.Token) ?? "").Split(' ');
            while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
            {
                // Headers don't matter.
            }

            if (request is ["GET", var target, _])
                await AnswerAsync(tls, target);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException or OperationCanceledException)
        {
            // Whoever followed the log has gone, or the play is over.
        }
    }

    private async Task AnswerAsync(Stream stream, string target)
    {
        string[] parts = target.Split('?', 2);
        var query = HttpUtility.ParseQueryString(parts.Length > 1 ? parts[1] : "");
        if (parts[0].Split('/', StringSplitOptions.RemoveEmptyEntries) is not ["containerLogs", var ns, var name, var container] || _find(ns, name) is not { } pod)
        {
            await WriteAsync(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return;
        }

        bool previous = query["previous"] == "true", follow = query["follow"] == "true", timestamps = query["timestamps"] == "true";
        if (previous && pod.Latest.At("status", "containerStatuses", 0, "restartCount")?.GetValue<int>() is null or 0 && previous)
        {
            string message = $"previous terminated container \"{container}\" in pod \"{name}\" not found";
            await WriteAsync(stream, $"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {message.Length}\r\nConnection: close\r\n\r\n{message}");
            return;
        }

        await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        IReadOnlyList<string> lines = PodLog.Lines(pod.Latest, container, previous);
        bool tooOld = query["sinceTime"] is { } since && DateTimeOffset.Parse(since, CultureInfo.InvariantCulture) > pod.StartedAt
            || query["sinceSeconds"] is { } seconds && DateTimeOffset.UtcNow.AddSeconds(-double.Parse(seconds, CultureInfo.InvariantCulture)) > pod.StartedAt;
        int written = tooOld ? lines.Count : query["tailLines"] is { } tail ? Math.Max(0, lines.Count - int.Parse(tail, CultureInfo.InvariantCulture)) : 0;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, pod.WhenGone);
        while (true)
        {
            Task changed = pod.Changed;
            lines = PodLog.Lines(pod.Latest, container, previous);
            for (; written < lines.Count; written++)
            {
                string stamp = timestamps ? pod.StartedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '", CultureInfo.InvariantCulture) : "";
                byte[] line = Encoding.UTF8.GetBytes($"{stamp}{lines[written]}\n");
                await WriteAsync(stream, $"{line.Length:x}\r\n");
                await stream.WriteAsync(line, _stop.Token);
                await WriteAsync(stream, "\r\n");
                await stream.FlushAsync(_stop.Token);
            }

            if (!follow || pod.WhenGone.IsCancellationRequested)
                break;
            await changed.WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Token.ThrowIfCancellationRequested();
        }

        await WriteAsync(stream, "0\r\n\r\n");
    }

    private async Task WriteAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), _stop.Token);
}
