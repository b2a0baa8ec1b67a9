namespace CoordPS.Containers;

/// <summary>Something with an engine, an image or a container failed. <see cref="Error"/> tells the reasons apart.</summary>
public class DockerException : Exception
{
    internal DockerException(DockerError error, string summary, string action, string? subject = null, DockerEndpoint? endpoint = null, Exception? inner = null)
        : base($"{Compose(summary, endpoint)} {action}", inner)
    {
        Error = error;
        Summary = Compose(summary, endpoint);
        RecommendedAction = action;
        Subject = subject;
        Endpoint = endpoint;
    }

    /// <summary>The reason.</summary>
    public DockerError Error { get; }

    /// <summary>What happened, without what to do about it.</summary>
    public string Summary { get; }

    /// <summary>What to do about it.</summary>
    public string RecommendedAction { get; }

    /// <summary>The image, container, file or other thing that it is about; null when there is no single one.</summary>
    public string? Subject { get; }

    /// <summary>The engine; null when none is concerned.</summary>
    public DockerEndpoint? Endpoint { get; }

    /// <summary>The engine's own words; null when it did not answer.</summary>
    internal string? Said { get; init; }

    private static string Compose(string summary, DockerEndpoint? endpoint) => endpoint is null ? $"{summary}." : $"{summary} (engine {endpoint}).";
}

/// <summary>An address, a context, a certificate or <c>config.json</c> is not usable.</summary>
public sealed class DockerConfigException : DockerException
{
    internal DockerConfigException(string summary, string action, string? subject, Exception? inner = null)
        : base(DockerError.BadConfiguration, summary, action, subject, inner: inner)
    {
    }
}

/// <summary>No engine listens at the endpoint, or the connection to it ended early.</summary>
public sealed class EngineUnreachableException : DockerException
{
    internal EngineUnreachableException(DockerError error, string summary, string action, DockerEndpoint endpoint, string? subject = null, Exception? inner = null)
        : base(error, summary, action, subject, endpoint, inner)
    {
    }
}

/// <summary>This user may not use the engine's socket, or a certificate was refused.</summary>
public sealed class EngineAccessDeniedException : DockerException
{
    internal EngineAccessDeniedException(string summary, string action, DockerEndpoint endpoint, Exception? inner = null)
        : base(DockerError.EngineAccessDenied, summary, action, null, endpoint, inner)
    {
    }
}

/// <summary>There is no such image, container, network or volume.</summary>
public sealed class DockerNotFoundException : DockerException
{
    internal DockerNotFoundException(string summary, string action, string? subject, DockerEndpoint endpoint)
        : base(DockerError.NotFound, summary, action, subject, endpoint)
    {
    }
}

/// <summary>It exists already, is in use, or is in a state that does not allow it.</summary>
public sealed class DockerConflictException : DockerException
{
    internal DockerConflictException(string summary, string action, string? subject, DockerEndpoint endpoint)
        : base(DockerError.Conflict, summary, action, subject, endpoint)
    {
    }
}
