namespace CoordPS.Containers;

/// <summary>
/// Tells by their words what went wrong with a registry: the engine passes on what the registry, or the network, says, as text only.
/// </summary>
internal static class RegistryErrors
{
    /// <summary>The reason and what to do; null when the words are not those of a registry.</summary>
    public static (DockerError Error, string Action)? Classify(string message)
    {
        if (Says("connection refused") || Says("no such host") || Says("i/o timeout") || Says("network is unreachable") || Says("connection reset")
            || Says("Client.Timeout") || Says("TLS handshake timeout") || Says("server gave HTTP response to HTTPS client") || Says("x509:") || Says("no route to host"))
        {
            return (DockerError.RegistryUnreachable,
                "Check that the registry runs, that the name before the first slash is its address, and that the engine, not this machine, can reach and trust it.");
        }

        if (Says("no basic auth credentials") || Says("unauthorized") || Says("authentication required") || Says("incorrect username or password") || Says("401 Unauthorized"))
            return (DockerError.RegistryUnauthorized, "Log in with 'docker login REGISTRY', or give -Credential.");
        if (Says("repository does not exist or may require"))
            return (DockerError.ImageNotInRegistry, "Check the name, and the registry before its first slash; for a private one, log in with 'docker login REGISTRY'.");
        if (Says("manifest unknown") || Says("name unknown") || Says("repository name not known") || (Says("manifest for") && Says("not found")) || message.EndsWith(": not found", StringComparison.Ordinal))
            return (DockerError.ImageNotInRegistry, "Check the name and the tag or digest.");
        if (Says("denied") || Says("insufficient_scope") || Says("403 Forbidden"))
            return (DockerError.RegistryDenied, "Use a repository that this user may write to, or ask for the right to.");
        if (Says("The operation is unsupported") || Says("HTTP 405") || Says("Method Not Allowed") || Says("read-only") || Says("tag is immutable") || Says("cannot be overwritten"))
            return (DockerError.RegistryDenied, "The registry takes no such pushes: it may be read-only, or the tag immutable. Use another registry or tag.");
        return null;

        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The exception for what the engine says of a pull or push.</summary>
    public static DockerException From(string message, EngineRequest request, DockerEndpoint endpoint)
    {
        string text = message.Trim().TrimEnd('.');
        string summary = $"Can't {request.Purpose}: {text}";
        // The engine has no such image to push, and says so in the stream.
        if (text.Contains("does not exist locally", StringComparison.OrdinalIgnoreCase))
            return new DockerNotFoundException(summary, "Check the name and the tag, or build it first.", request.Subject, endpoint);
        if (Classify(text) is { } known)
            return new DockerException(known.Error, summary, known.Action, request.Subject, endpoint);
        return text.Contains("no space left on device", StringComparison.OrdinalIgnoreCase)
            ? EngineErrors.DiskFull(summary, request.Subject, endpoint)
            : new DockerException(DockerError.EngineError, summary, "See the engine's log and the registry's.", request.Subject, endpoint);
    }

    /// <summary>The same for an exception that an answer has become already.</summary>
    public static DockerException From(DockerException exception, EngineRequest request, DockerEndpoint endpoint) =>
        exception.Said is { } said && Classify(said) is not null ? From(said, request, endpoint) : exception;
}
