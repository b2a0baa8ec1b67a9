namespace CoordPS.Server.Hosting;

/// <summary>Where the members of a local ensemble run.</summary>
public enum LocalEnsembleKind
{
    /// <summary>In this process, with which they end.</summary>
    InProcess,

    /// <summary>Each in a process of its own, which goes on without this one.</summary>
    OutOfProcess,

    /// <summary>Each in a container of a Docker Engine, which goes on without this process.</summary>
    Container,
}
