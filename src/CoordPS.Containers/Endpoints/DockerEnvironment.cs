namespace CoordPS.Containers;

/// <summary>What of this process and this user decides which engine is meant and with what credentials, as for the docker command.</summary>
public sealed class DockerEnvironment
{
    private readonly Func<string, string?> _variable;

    /// <summary>An environment of its own, for instance of another user.</summary>
    /// <param name="variable">Reads an environment variable: null when it is not set.</param>
    /// <param name="homeDirectory">The folder that holds <c>.docker</c>.</param>
    public DockerEnvironment(Func<string, string?> variable, string homeDirectory)
    {
        ArgumentNullException.ThrowIfNull(variable);
        ArgumentNullException.ThrowIfNull(homeDirectory);
        _variable = variable;
        ConfigDirectory = variable("DOCKER_CONFIG") is { Length: > 0 } directory ? directory : Path.Combine(homeDirectory, ".docker");
    }

    /// <summary>That of this process, as it is at this moment.</summary>
    public static DockerEnvironment Current =>
        new(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The folder of <c>config.json</c>, contexts and certificates: <c>DOCKER_CONFIG</c>, else <c>~/.docker</c>.</summary>
    public string ConfigDirectory { get; }

    /// <summary>A variable's value; null when it is not set or empty.</summary>
    public string? this[string variable] => _variable(variable) is { Length: > 0 } value ? value : null;
}
