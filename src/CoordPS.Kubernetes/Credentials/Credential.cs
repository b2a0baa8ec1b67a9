using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CoordPS.Kubernetes;

/// <summary>What tells the server who asks. Safe for use by many requests at once.</summary>
internal abstract class Credential
{
    /// <summary>Changes whenever the client certificate does: connections made before are of the old one.</summary>
    public virtual int CertificateVersion => 0;

    /// <summary>The client certificate as of now; null for none.</summary>
    public virtual ClientCertificate? Certificate => null;

    /// <summary>Gets ready what a request needs, and adds its headers.</summary>
    /// <exception cref="KubernetesException">What it is made of can't be read or run.</exception>
    public virtual ValueTask PrepareAsync(HttpRequestMessage request, CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>The server did not accept it. Returns whether there may be a better one now.</summary>
    /// <param name="rejected">The Authorization header that was not accepted; null if there was none.</param>
    /// <param name="certificateVersion">The <see cref="CertificateVersion"/> that was not accepted.</param>
    public virtual bool Invalidate(AuthenticationHeaderValue? rejected, int certificateVersion) => false;
}

/// <summary>A client certificate with its key and what comes between it and its root.</summary>
internal sealed class ClientCertificate
{
    private ClientCertificate(X509Certificate2 certificate, SslStreamCertificateContext context)
    {
        Certificate = certificate;
        Context = context;
    }

    public X509Certificate2 Certificate { get; }

    public SslStreamCertificateContext Context { get; }

    /// <summary>Reads PEM: the certificate, perhaps with a chain, and the key (PKCS#1, SEC 1 or PKCS#8).</summary>
    /// <exception cref="KubernetesException">It is not that.</exception>
    public static ClientCertificate Load(string certificate, string key, string where)
    {
        try
        {
            X509Certificate2 own = X509Certificate2.CreateFromPem(certificate, key);
            if (OperatingSystem.IsWindows())
            {
                // Windows' TLS takes no key that is in memory only.
                using X509Certificate2 ephemeral = own;
                own = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
            }

            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            return new ClientCertificate(own, SslStreamCertificateContext.Create(own, [.. chain.Where(other => other.Thumbprint != own.Thumbprint)], offline: true));
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw KubeConfig.Error($"The client certificate and key of {where} can't be used: {e.Message}",
                "Both must be PEM; the key must belong to the certificate and must not be encrypted.", e);
        }
    }
}

/// <summary>None.</summary>
internal sealed class NoCredential : Credential;

/// <summary>A client certificate that stays, or none, and a fixed header, or none.</summary>
internal sealed class FixedCredential(ClientCertificate? certificate, AuthenticationHeaderValue? header) : Credential
{
    public override ClientCertificate? Certificate => certificate;

    public static AuthenticationHeaderValue Basic(string user, string? password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    public override ValueTask PrepareAsync(HttpRequestMessage request, CancellationToken ct)
    {
        request.Headers.Authorization = header;
        return ValueTask.CompletedTask;
    }
}

/// <summary>A token in a file, read for each request, because it may be written anew at any time.</summary>
internal sealed class TokenFileCredential(string file, ClientCertificate? certificate, string owner) : Credential
{
    private string? _last;

    public override ClientCertificate? Certificate => certificate;

    public override async ValueTask PrepareAsync(HttpRequestMessage request, CancellationToken ct)
    {
        string? token;
        try
        {
            token = (await File.ReadAllTextAsync(file, ct).ConfigureAwait(false)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It may just be replaced; the last one is good for a while.
            token = Volatile.Read(ref _last)
                ?? throw KubeConfig.Error($"The token file {file} of {owner} can't be read: {e.Message}",
                    "Check the path, and that you may read it.", e);
        }

        if (token.Length == 0)
            token = Volatile.Read(ref _last) ?? throw KubeConfig.Error($"The token file {file} of {owner} is empty.", "Get a new token.");
        Volatile.Write(ref _last, token);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }
}
