using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CoordPS.Kubernetes.Tests;

/// <summary>Certificates for tests.</summary>
internal static class TestCertificates
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UtcNow.AddYears(-2);

    /// <summary>A certificate of somebody, signed by itself, and its key.</summary>
    public static (string Certificate, string Key) ClientPem(DateTimeOffset? notAfter = null, string name = "CN=somebody")
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(Start, notAfter ?? DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public static X509Certificate2 Authority(string name = "CN=test-ca")
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Start, DateTimeOffset.UtcNow.AddYears(1));
    }

    /// <summary>A server's certificate for 127.0.0.1 and a name.</summary>
    public static X509Certificate2 Server(X509Certificate2 authority, DateTimeOffset? notAfter = null, string name = "kubernetes", bool loopback = true)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (loopback)
            names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.Create(authority, Start.AddDays(1), notAfter ?? DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3, 4]);
        using X509Certificate2 withKey = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
