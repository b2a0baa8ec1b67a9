using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace CoordPS.Containers;

/// <summary>Turns what goes wrong between here and the engine into exceptions that say what to do.</summary>
internal static class EngineErrors
{
    /// <summary>Whether it is one of those that <see cref="FromTransport"/> explains.</summary>
    public static bool IsTransport(Exception exception) =>
        exception is HttpRequestException or IOException or SocketException or TimeoutException or UnauthorizedAccessException or AuthenticationException;

    /// <summary>The exception for a connection that failed or ended early.</summary>
    public static DockerException FromTransport(Exception exception, DockerEndpoint endpoint, EngineRequest request)
    {
        if (Find<AuthenticationException>(exception) is { } tls)
        {
            return new EngineAccessDeniedException(
                $"Can't {request.Purpose}: the secure connection failed, {Reason(tls.InnerException ?? tls)}",
                "Check that ca.pem signed the engine's certificate, that this names its host, and that the engine trusts cert.pem.", endpoint, exception);
        }

        if (Find<SocketException>(exception) is { SocketErrorCode: SocketError.AccessDenied } || Find<UnauthorizedAccessException>(exception) is not null)
        {
            return new EngineAccessDeniedException(
                $"Can't {request.Purpose}: {Environment.UserName} may not use the engine's {(endpoint.Scheme == "npipe" ? "pipe" : "socket")}",
                endpoint.Scheme == "npipe"
                    ? "Add the user to the group docker-users, or run PowerShell as administrator."
                    : "Add the user to the socket's group, usually docker, and log in again; or run as root.",
                endpoint, exception);
        }

        bool connecting = exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError }
            || Find<TimeoutException>(exception) is not null
            || Find<SocketException>(exception) is { SocketErrorCode: SocketError.ConnectionRefused };
        if (!connecting)
        {
            return new EngineUnreachableException(DockerError.EngineConnectionLost,
                $"Can't {request.Purpose}: the connection to the engine ended early, {Reason(exception)}",
                "See whether the engine runs and what its log says; what was asked may have happened.", endpoint, request.Subject, exception);
        }

        bool socketThere = endpoint.Scheme == "unix" && File.Exists(endpoint.Address);
        string why = endpoint.Scheme switch
        {
            "unix" when socketThere => "the socket is there but nobody listens",
            "unix" => "there is no such socket",
            "npipe" => "there is no such pipe",
            _ => Reason(exception),
        };
        string action = endpoint.Scheme switch
        {
            "unix" => "Start the engine, for instance 'systemctl start docker', or name another with -DockerHost, -DockerContext, DOCKER_HOST or a docker context.",
            "npipe" => "Start Docker Desktop or the service docker, or name another engine with -DockerHost, -DockerContext, DOCKER_HOST or a docker context.",
            _ when endpoint.Tls is null => "Check the address and that the engine listens there; an engine that wants TLS listens on port 2376 and needs DOCKER_TLS_VERIFY=1.",
            _ => "Check the address, and that the engine listens there.",
        };
        return new EngineUnreachableException(DockerError.EngineUnreachable, $"Can't {request.Purpose}: the engine does not run or can't be reached, {why}",
            action, endpoint, request.Subject, exception);
    }

    /// <summary>The exception for an answer that is an error.</summary>
    public static async Task<DockerException> FromResponseAsync(HttpResponseMessage response, DockerEndpoint endpoint, EngineRequest request, CancellationToken ct)
    {
        string body = await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
        return FromAnswer(response.StatusCode, MessageOf(body), endpoint, request);
    }

    private static DockerException FromAnswer(HttpStatusCode status, string? message, DockerEndpoint endpoint, EngineRequest request)
    {
        string said = message?.Trim().TrimEnd('.') is { Length: > 0 } text ? text : $"HTTP status {(int)status}";
        string summary = $"Can't {request.Purpose}: {said}";
        switch (status)
        {
            case HttpStatusCode.NotFound:
                return new DockerNotFoundException(summary,
                    said.StartsWith("No such image", StringComparison.OrdinalIgnoreCase)
                        ? "Check the name; pull the image (Receive-CoordImage) or build it (Build-CoordImage) if this engine is to have it."
                        : "Check the name, and that it is this engine that has it.", request.Subject, endpoint) { Said = said };
            case HttpStatusCode.Conflict:
                return new DockerConflictException(summary, "Stop or remove what stands in the way, or choose another name.", request.Subject, endpoint) { Said = said };
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                return new EngineAccessDeniedException(summary, "Ask who runs the engine to allow it; the engine or a proxy before it refused.", endpoint) { Said = said };
            case HttpStatusCode.BadRequest when said.Contains("HTTP request to an HTTPS server", StringComparison.OrdinalIgnoreCase):
                return new EngineAccessDeniedException($"Can't {request.Purpose}: the engine wants TLS",
                    "Set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem.", endpoint);
            case HttpStatusCode.BadRequest:
            case HttpStatusCode.InternalServerError when said.Contains("invalid reference format", StringComparison.Ordinal):
                return new DockerException(DockerError.BadRequest, summary, "Correct what the engine names.", request.Subject, endpoint) { Said = said };
            case HttpStatusCode.InternalServerError when said.Contains("port is already allocated", StringComparison.Ordinal) || said.Contains("address already in use", StringComparison.Ordinal):
                return new DockerException(DockerError.PortInUse, summary, "Stop what uses the port, or publish another: -Port 0:80 takes a free one.", request.Subject, endpoint);
            default:
                return said.Contains("no space left on device", StringComparison.OrdinalIgnoreCase)
                    ? DiskFull(summary, request.Subject, endpoint)
                    : new DockerException(DockerError.EngineError, summary, "See the engine's log.", request.Subject, endpoint) { Said = said };
        }
    }

    /// <summary>The exception for a disk of the engine that is full.</summary>
    public static DockerException DiskFull(string summary, string? subject, DockerEndpoint endpoint) => new(
        DockerError.DiskFull, summary, "Free space where the engine keeps its data, for instance with 'docker system prune'.", subject, endpoint);

    private static string? MessageOf(string body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, EngineJson.Default.EngineMessage)?.Message;
        }
        catch (JsonException)
        {
            // A proxy's page, perhaps.
            return body.Length > 300 ? body[..300] + "..." : body;
        }
    }

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
                return found;
        }

        return null;
    }

    private static string Reason(Exception exception) => (exception.GetBaseException() as SocketException ?? exception).Message.TrimEnd('.');
}
