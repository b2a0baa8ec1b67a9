using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CoordPS.Testing;

namespace CoordPS.Containers.Tests;

/// <summary>
/// Mutual TLS, as of <c>dockerd --tlsverify</c>: a listener on TCP that wants a certificate and passes what it decrypts on to the real engine's socket.
/// </summary>
public sealed class TlsTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _certificates = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly X509Certificate2 _authority = Issue("CN=authority", null);
    private Task _serving = Task.CompletedTask;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificates.Dispose();
        _authority.Dispose();
        _ended.Dispose();
    }

    [PeerFact(Peer.Docker)]
    public async Task An_engine_that_knows_the_certificate_answers()
    {
        WriteClient(_authority);
        using DockerEngineClient engine = Serve();
        Assert.True((await engine.ConnectAsync()).ApiVersion >= ApiVersion.Minimum);
        Assert.NotEmpty(await engine.GetImagesAsync());
    }

    [PeerFact(Peer.Docker)]
    public async Task A_certificate_that_the_engine_does_not_know_is_refused()
    {
        using X509Certificate2 stranger = Issue("CN=stranger", null);
        WriteClient(stranger);
        using DockerEngineClient engine = Serve();
        DockerException error = await Assert.ThrowsAnyAsync<DockerException>(() => engine.ConnectAsync());
        Assert.True(error.Error is DockerError.EngineAccessDenied or DockerError.EngineConnectionLost, error.Message);
    }

    [PeerFact(Peer.Docker)]
    public async Task An_engine_that_the_authority_has_not_signed_is_not_trusted()
    {
        WriteClient(_authority);
        using X509Certificate2 stranger = Issue("CN=stranger", null);
        File.WriteAllText(_certificates.Combine("ca.pem"), stranger.ExportCertificatePem());
        using DockerEngineClient engine = Serve();
        EngineAccessDeniedException error = await Assert.ThrowsAsync<EngineAccessDeniedException>(() => engine.ConnectAsync());
        Assert.Contains("ca.pem", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_that_are_no_good_are_named()
    {
        DockerConfigException missing = Assert.Throws<DockerConfigException>(() => new DockerTls(null, _certificates.Combine("cert.pem"), null, false).Load());
        Assert.Contains("a certificate but no key", missing.Message, StringComparison.Ordinal);
        File.WriteAllText(_certificates.Combine("cert.pem"), "nonsense");
        File.WriteAllText(_certificates.Combine("key.pem"), "secret");
        DockerConfigException broken = Assert.Throws<DockerConfigException>(() => DockerTls.FromDirectory(_certificates.Path, false).Load());
        Assert.Contains("cert.pem", broken.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", broken.ToString(), StringComparison.Ordinal);
    }

    private DockerEngineClient Serve()
    {
        using X509Certificate2 server = Issue("CN=engine", _authority);
        X509Certificate2 usable = X509CertificateLoader.LoadPkcs12(server.Export(X509ContentType.Pfx), null);
        _listener.Start();
        _serving = ServeAsync(usable);
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        return new DockerEngineClient(DockerEndpoint.Parse($"tcp://127.0.0.1:{port}", DockerTls.FromDirectory(_certificates.Path, skipVerify: false)));
    }

    private void WriteClient(X509Certificate2 authority)
    {
        using X509Certificate2 client = Issue("CN=client", authority);
        File.WriteAllText(_certificates.Combine("ca.pem"), _authority.ExportCertificatePem());
        File.WriteAllText(_certificates.Combine("cert.pem"), client.ExportCertificatePem());
        File.WriteAllText(_certificates.Combine("key.pem"), client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    private async Task ServeAsync(X509Certificate2 certificate)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = true,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { _authority },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        while (true)
            _ = PassOnAsync(await _listener.AcceptTcpClientAsync(_ended.Token), options);
    }

    private async Task PassOnAsync(TcpClient client, SslServerAuthenticationOptions options)
    {
        using (client)
        {
            try
            {
                await using var secure = new SslStream(client.GetStream());
                await secure.AuthenticateAsServerAsync(options, _ended.Token);
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(DockerEndpoint.Parse(Peers.DockerHost!).Address), _ended.Token);
                await using var engine = new NetworkStream(socket);
                await Task.WhenAny(secure.CopyToAsync(engine, _ended.Token), engine.CopyToAsync(secure, _ended.Token));
            }
            catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
            {
                // What the client says of it is the test.
            }
        }
    }

    private static X509Certificate2 Issue(string name, X509Certificate2? authority)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority is null, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), to = from.AddDays(10);
        if (authority is null)
            return request.CreateSelfSigned(from, to);
        using X509Certificate2 issued = request.Create(authority, from, to.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
