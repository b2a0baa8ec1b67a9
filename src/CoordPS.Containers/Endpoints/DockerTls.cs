using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CoordPS.Containers;

/// <summary>How a connection to an engine over TCP is secured: files in PEM, as the docker command takes them.</summary>
/// <param name="CaFile">The authorities that may have signed the engine's certificate; null for those of the system.</param>
/// <param name="CertificateFile">The certificate that the engine knows this client by; null for none.</param>
/// <param name="KeyFile">Its private key; null for none.</param>
/// <param name="SkipVerify">Whether any certificate of the engine will do.</param>
public sealed record DockerTls(string? CaFile, string? CertificateFile, string? KeyFile, bool SkipVerify)
{
    /// <summary>The files that are named <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c> in a folder, as far as they are there.</summary>
    internal static DockerTls FromDirectory(string directory, bool skipVerify)
    {
        return new DockerTls(Existing("ca.pem"), Existing("cert.pem"), Existing("key.pem"), skipVerify);

        string? Existing(string name) => Path.Combine(directory, name) is var file && File.Exists(file) ? file : null;
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="DockerConfigException">One is missing, can't be read or holds something else.</exception>
    internal SslClientAuthenticationOptions Load()
    {
        var options = new SslClientAuthenticationOptions();
        string? reading = CaFile;
        try
        {
            if (SkipVerify)
            {
#pragma warning disable CA5359 // What the user asked for, in the words of the docker command.
                options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            }
            else if (CaFile is not null)
            {
                var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                policy.CustomTrustStore.ImportFromPemFile(CaFile);
                options.CertificateChainPolicy = policy;
            }

            reading = CertificateFile ?? KeyFile;
            if (CertificateFile is null != KeyFile is null)
            {
                throw new DockerConfigException($"There is {(KeyFile is null ? "a certificate but no key" : "a key but no certificate")} beside '{reading}'",
                    "Put cert.pem and key.pem of this client into the same folder.", reading);
            }

            if (CertificateFile is not null)
            {
                using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
                // Windows takes no key that lives in memory only for a handshake.
                X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
                var chain = new X509Certificate2Collection();
                chain.ImportFromPemFile(CertificateFile);
                chain.RemoveAt(0);
                options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
            }

            return options;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new DockerConfigException($"'{reading}' can't be read for the connection to the engine: {e.Message.TrimEnd('.')}",
                "Check DOCKER_CERT_PATH or the context, and that ca.pem, cert.pem and key.pem there are readable PEM files.", reading, e);
        }
    }
}
