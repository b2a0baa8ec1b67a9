using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>What an exec plugin gave, kept until it expires or the server does not accept it.</summary>
#pragma warning disable CA1001 // The semaphore gives out no wait handle, so it holds nothing to dispose; connections share it and come and go.
internal sealed class ExecCredential(ExecPlugin plugin, TimeProvider? clock = null) : Credential
#pragma warning restore CA1001
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly SemaphoreSlim _running = new(1, 1);
    private Given? _given;
    private int _version;

    public override int CertificateVersion => Volatile.Read(ref _version);

    public override ClientCertificate? Certificate => Volatile.Read(ref _given)?.Certificate;

    public override async ValueTask PrepareAsync(HttpRequestMessage request, CancellationToken ct)
    {
        Given given = Usable() ?? await RunAsync(ct).ConfigureAwait(false);
        request.Headers.Authorization = given.Header;
    }

    public override bool Invalidate(AuthenticationHeaderValue? rejected, int certificateVersion)
    {
        // Another request may have brought a new one meanwhile: that is not what was rejected.
        Given? given = Volatile.Read(ref _given);
        if (given is not null && Equals(given.Header, rejected) && certificateVersion == CertificateVersion)
            Interlocked.CompareExchange(ref _given, null, given);
        return true;
    }

    private Given? Usable() => Volatile.Read(ref _given) is { } given && (given.Expires is null || _clock.GetUtcNow() < given.Expires) ? given : null;

    private async Task<Given> RunAsync(CancellationToken ct)
    {
        await _running.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (Usable() is { } meanwhile)
                return meanwhile;
            JsonObject status = await plugin.RunAsync(ct).ConfigureAwait(false);
            ClientCertificate? certificate = status.Text("clientCertificateData") is { Length: > 0 } pem
                ? ClientCertificate.Load(pem, status.Text("clientKeyData") ?? "", $"the exec plugin {plugin.Command} of the {plugin.User}")
                : null;
            var given = new Given(
                status.Text("token") is { Length: > 0 } token ? new AuthenticationHeaderValue("Bearer", token) : null,
                certificate,
                status.Time("expirationTimestamp"));
            Volatile.Write(ref _given, given);
            if (certificate is not null)
                Interlocked.Increment(ref _version);
            return given;
        }
        finally
        {
            _running.Release();
        }
    }

    private sealed record Given(AuthenticationHeaderValue? Header, ClientCertificate? Certificate, DateTimeOffset? Expires);
}
