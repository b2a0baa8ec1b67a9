using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace CoordPS.Kubernetes;

/// <summary>Says why the server's certificate is not trusted, out of the depth of a TLS handshake.</summary>
internal sealed class ServerCertificateException(string reason) : AuthenticationException(reason)
{
    /// <summary>Whether a certificate is acceptable.</summary>
    /// <exception cref="ServerCertificateException">It is not; the message says why.</exception>
    public static bool Check(X509Certificate? presented, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection? authorities, string host)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (presented is not X509Certificate2 certificate)
            throw new ServerCertificateException("it presented none");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            // Any certificate configured as an authority is one, as for kubectl, even if it is not self-signed.
            bool anchored = chain is not null && authorities is not null && chain.ChainStatus.All(static s => s.Status is X509ChainStatusFlags.PartialChain)
                && chain.ChainElements is [.., var last] && authorities.Any(a => a.RawDataMemory.Span.SequenceEqual(last.Certificate.RawDataMemory.Span));
            if (!anchored)
                throw new ServerCertificateException(ReasonOf(certificate, chain, authorities is not null));
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            string names = string.Join(", ", certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(static ip => ip.ToString()))));
            throw new ServerCertificateException($"it is for {(names.Length > 0 ? names : certificate.Subject)} and not for {host}");
        }

        return true;
    }

    private static string ReasonOf(X509Certificate2 certificate, X509Chain? chain, bool configured)
    {
        DateTime now = DateTime.UtcNow;
        if (certificate.NotAfter.ToUniversalTime() < now)
            return $"it expired on {certificate.NotAfter.ToUniversalTime():u}";
        if (certificate.NotBefore.ToUniversalTime() > now)
            return $"it is valid only from {certificate.NotBefore.ToUniversalTime():u} on";
        bool unknown = chain is null || chain.ChainStatus.Any(static s =>
            s.Status is X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.NotSignatureValid);
        return unknown
            ? $"it was issued by \"{certificate.Issuer}\", which is {(configured ? "not the certificate authority configured" : "no authority that this machine trusts")}"
            : string.Join("; ", chain!.ChainStatus.Select(static s => s.StatusInformation.Trim()));
    }
}
