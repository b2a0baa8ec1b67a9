using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CoordPS.Containers;

/// <summary>
/// A client of one Docker Engine: its HTTP API, versions 1.41 and up, as specified at https://docs.docker.com/reference/api/engine/.
/// Connects when first used; may be used by many at a time.
/// </summary>
public sealed partial class DockerEngineClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly DockerEnvironment _environment;
    private readonly Uri _root;
    private readonly SemaphoreSlim _negotiating = new(1, 1);
    private EngineInfo? _info;
    private ApiVersion? _version;

    /// <summary>A client that is not connected yet.</summary>
    /// <param name="endpoint">Where the engine listens; see <see cref="EndpointResolver"/>.</param>
    /// <param name="environment">Where <c>config.json</c> and <c>DOCKER_API_VERSION</c> are; those of this process if null.</param>
    /// <exception cref="DockerConfigException">A certificate can't be read.</exception>
    public DockerEngineClient(DockerEndpoint endpoint, DockerEnvironment? environment = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Endpoint = endpoint;
        _environment = environment ?? DockerEnvironment.Current;
        _root = EngineTransport.RootOf(endpoint);
        // Streams end when the caller or the engine ends them.
        _http = new HttpClient(EngineTransport.CreateHandler(endpoint), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Where the engine listens.</summary>
    public DockerEndpoint Endpoint { get; }

    /// <summary>Asks the engine for its version and agrees on one; only once.</summary>
    /// <exception cref="DockerException">The engine can't be reached, or is too old.</exception>
    public Task<EngineInfo> ConnectAsync(CancellationToken ct = default) => ConnectAsync("talk to the engine", ct);

    private async Task<EngineInfo> ConnectAsync(string purpose, CancellationToken ct)
    {
        if (_info is { } known)
            return known;
        await _negotiating.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_info is { } meanwhile)
                return meanwhile;
            EngineInfo info = await PingAsync(purpose, ct).ConfigureAwait(false);
            _version = Negotiate(info.ApiVersion);
            return _info = info;
        }
        finally
        {
            _negotiating.Release();
        }
    }

    /// <summary>The version of the API that is used: the newest that both know, or <c>DOCKER_API_VERSION</c>.</summary>
    public async Task<ApiVersion> GetApiVersionAsync(CancellationToken ct = default)
    {
        await ConnectAsync(ct).ConfigureAwait(false);
        return _version!.Value;
    }

    /// <summary>Asks whether the engine answers, each time anew.</summary>
    /// <exception cref="DockerException">It does not.</exception>
    public Task<EngineInfo> PingAsync(CancellationToken ct = default) => PingAsync("talk to the engine", ct);

    private async Task<EngineInfo> PingAsync(string purpose, CancellationToken ct)
    {
        EngineRequest request = EngineRequest.Get("_ping", purpose);
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(_root, "_ping"));
        using HttpResponseMessage response = await GuardAsync(request, () => _http.SendAsync(message, ct), ct).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw await GuardAsync(request, () => EngineErrors.FromResponseAsync(response, Endpoint, request, ct), ct).ConfigureAwait(false);
        if (!ApiVersion.TryParse(Header("Api-Version"), out ApiVersion version))
        {
            throw new DockerException(DockerError.EngineError, "What answers here is no Docker Engine: it names no API version",
                "Check the address: DOCKER_HOST, the docker context, or what was given.", null, Endpoint);
        }

        return new EngineInfo(version, Header("OSType") ?? "linux", Header("Builder-Version") ?? "");

        string? Header(string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _negotiating.Dispose();
    }

    /// <summary>A call that answers one JSON value.</summary>
    internal async Task<T> SendAsync<T>(EngineRequest request, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using HttpResponseMessage response = await GetResponseAsync(request, ct).ConfigureAwait(false);
        return await GuardAsync(request, async () =>
        {
            Stream body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                return await JsonSerializer.DeserializeAsync(body, type, ct).ConfigureAwait(false)
                    ?? throw new JsonException("The answer is null.");
            }
        }, ct).ConfigureAwait(false);
    }

    /// <summary>A call whose answer says no more than that it was done.</summary>
    /// <returns>False when there was nothing to do: what was to be started runs already, say (HTTP status 304).</returns>
    internal async Task<bool> SendAsync(EngineRequest request, CancellationToken ct)
    {
        using HttpResponseMessage response = await GetResponseAsync(request, ct).ConfigureAwait(false);
        return response.StatusCode != HttpStatusCode.NotModified;
    }

    /// <summary>A call that answers JSON values, a line each, as they come. Leaving the loop closes the connection.</summary>
    internal async IAsyncEnumerable<T> StreamAsync<T>(EngineRequest request, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken ct)
    {
        Stream body = await OpenAsync(request, ct).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            PipeReader reader = PipeReader.Create(body, new StreamPipeReaderOptions(leaveOpen: true));
            while (true)
            {
                ReadResult read = await GuardAsync(request, async () => await reader.ReadAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false);
                ReadOnlySequence<byte> buffer = read.Buffer;
                while (TakeLine(ref buffer, read.IsCompleted, out ReadOnlySequence<byte> line))
                {
                    if (Parse(line, type, request) is { } value)
                        yield return value;
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                    yield break;
            }
        }
    }

    /// <summary>A call that answers bytes as they come. Disposing of the stream closes the connection; what ends early there throws <see cref="IOException"/>.</summary>
    internal async Task<Stream> OpenAsync(EngineRequest request, CancellationToken ct)
    {
        HttpResponseMessage response = await GetResponseAsync(request, ct).ConfigureAwait(false);
        // Disposing of the content's stream gives up the connection, and the response holds nothing else.
        return await GuardAsync(request, () => response.Content.ReadAsStreamAsync(ct), ct).ConfigureAwait(false);
    }

    /// <summary>A call whose headers have come; the caller disposes of it. Errors have been thrown.</summary>
    internal async Task<HttpResponseMessage> GetResponseAsync(EngineRequest request, CancellationToken ct)
    {
        await ConnectAsync(request.Purpose, ct).ConfigureAwait(false);
        ApiVersion version = _version!.Value;
        using HttpRequestMessage message = request.ToMessage(_root, version);
        HttpResponseMessage response = await GuardAsync(
            request, () => _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct), ct).ConfigureAwait(false);
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
            return response;
        using (response)
            throw await GuardAsync(request, () => EngineErrors.FromResponseAsync(response, Endpoint, request, ct), ct).ConfigureAwait(false);
    }

    /// <summary>Runs code that talks to the engine, and explains what breaks between here and there.</summary>
    private async Task<T> GuardAsync<T>(EngineRequest request, Func<Task<T>> code, CancellationToken ct)
    {
        try
        {
            return await code().ConfigureAwait(false);
        }
        catch (TaskCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw EngineErrors.FromTransport(e.InnerException as TimeoutException ?? new TimeoutException("the engine did not accept the connection in time"), Endpoint, request);
        }
        catch (Exception e) when (EngineErrors.IsTransport(e))
        {
            ct.ThrowIfCancellationRequested();
            throw EngineErrors.FromTransport(e, Endpoint, request);
        }
        catch (JsonException e)
        {
            throw NotUnderstood(request, e);
        }
    }

    private ApiVersion Negotiate(ApiVersion engine)
    {
        if (_environment["DOCKER_API_VERSION"] is { } wanted)
        {
            if (!ApiVersion.TryParse(wanted.TrimStart('v'), out ApiVersion version) || version < ApiVersion.Minimum)
            {
                throw new DockerConfigException($"DOCKER_API_VERSION is '{wanted}', which this client can't use",
                    $"Unset it, or set it to {ApiVersion.Minimum} or newer.", wanted);
            }

            return version;
        }

        if (engine < ApiVersion.Minimum)
        {
            throw new DockerException(DockerError.EngineTooOld, $"The engine is too old: it speaks version {engine} of its API, this client {ApiVersion.Minimum} and up",
                "Update it to Docker 20.10 or newer.", null, Endpoint);
        }

        return engine < ApiVersion.Maximum ? engine : ApiVersion.Maximum;
    }

    private T? Parse<T>(ReadOnlySequence<byte> line, JsonTypeInfo<T> type, EngineRequest request)
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            return JsonSerializer.Deserialize(ref reader, type);
        }
        catch (JsonException e)
        {
            throw NotUnderstood(request, e);
        }
    }

    private DockerException NotUnderstood(EngineRequest request, JsonException e) => new(
        DockerError.EngineError, $"Can't {request.Purpose}: the engine's answer is not understood", "Check that the address is that of a Docker Engine.",
        request.Subject, Endpoint, e);

    /// <summary>Takes a line that is not blank from the buffer, or, at the end, what is left.</summary>
    private static bool TakeLine(ref ReadOnlySequence<byte> buffer, bool atEnd, out ReadOnlySequence<byte> line)
    {
        while (true)
        {
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                line = buffer.Slice(0, end);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }
            else if (atEnd && !buffer.IsEmpty)
            {
                line = buffer;
                buffer = buffer.Slice(buffer.End);
            }
            else
            {
                line = default;
                return false;
            }

            foreach (ReadOnlyMemory<byte> part in line)
            {
                if (part.Span.IndexOfAnyExcept((byte)'\r', (byte)' ') >= 0)
                    return true;
            }
        }
    }
}
