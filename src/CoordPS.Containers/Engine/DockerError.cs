namespace CoordPS.Containers;

/// <summary>Why something with an engine, an image or a container failed.</summary>
public enum DockerError
{
    /// <summary>The engine refused or failed for a reason of its own, which the message gives.</summary>
    EngineError,

    /// <summary>No engine listens at the endpoint.</summary>
    EngineUnreachable,

    /// <summary>An engine may be there, but this user may not use its socket, or its certificate or ours was refused.</summary>
    EngineAccessDenied,

    /// <summary>The connection ended before the answer did.</summary>
    EngineConnectionLost,

    /// <summary>The engine is older than this library can use.</summary>
    EngineTooOld,

    /// <summary>An address, a context, a certificate or <c>config.json</c> is not usable.</summary>
    BadConfiguration,

    /// <summary>There is no such image, container, network or volume.</summary>
    NotFound,

    /// <summary>It exists already, is in use, or is in a state that does not allow it.</summary>
    Conflict,

    /// <summary>What was asked makes no sense to the engine.</summary>
    BadRequest,

    /// <summary>The build context can't be read or sent.</summary>
    BuildContextUnreadable,

    /// <summary>The Dockerfile is missing or can't be parsed.</summary>
    DockerfileInvalid,

    /// <summary>A step of a build failed.</summary>
    BuildFailed,

    /// <summary>BuildKit was asked for and is not there.</summary>
    BuildKitUnavailable,

    /// <summary>A disk of the engine is full.</summary>
    DiskFull,

    /// <summary>The registry can't be reached.</summary>
    RegistryUnreachable,

    /// <summary>The registry wants credentials, or refused those it got.</summary>
    RegistryUnauthorized,

    /// <summary>The registry does not allow it.</summary>
    RegistryDenied,

    /// <summary>The registry has no such repository, tag or digest.</summary>
    ImageNotInRegistry,

    /// <summary>A credential helper failed.</summary>
    CredentialHelperFailed,

    /// <summary>A port of the engine's machine is in use.</summary>
    PortInUse,

    /// <summary>A container ended that was to run.</summary>
    ContainerExited,

    /// <summary>A container was not healthy in time.</summary>
    ContainerNotHealthy,
}
