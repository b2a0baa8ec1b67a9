using System.Security.Cryptography;
using System.Text;

namespace CoordPS.Containers;

/// <summary>Decides which engine is meant, in the order of the docker command.</summary>
public static class EndpointResolver
{
    private const string DefaultContext = "default";

    /// <summary>
    /// A host that is given; else a context that is given; else <c>DOCKER_HOST</c>, <c>DOCKER_CONTEXT</c>, the current context of
    /// <c>config.json</c>, and at last the engine of this machine. <c>DOCKER_TLS_VERIFY</c>, <c>DOCKER_TLS</c> and <c>DOCKER_CERT_PATH</c> say
    /// how a host is reached; a context brings its own certificates.
    /// </summary>
    /// <param name="host">An address, such as <c>tcp://host:2376</c>, or null.</param>
    /// <param name="context">The name of a docker context, or null.</param>
    /// <param name="environment">The variables and files to look at; those of this process if null.</param>
    /// <exception cref="DockerConfigException">Both are given, there is no such context, or an address or file is malformed.</exception>
    public static DockerEndpoint Resolve(string? host = null, string? context = null, DockerEnvironment? environment = null)
    {
        environment ??= DockerEnvironment.Current;
        if (!string.IsNullOrEmpty(host) && !string.IsNullOrEmpty(context))
            throw new DockerConfigException("A host and a context were given for the same engine", "Give one of them.", host);
        if (!string.IsNullOrEmpty(host))
            return DockerEndpoint.Parse(host, TlsOf(environment));
        if (string.IsNullOrEmpty(context))
        {
            if (environment["DOCKER_HOST"] is { } named)
                return DockerEndpoint.Parse(named, TlsOf(environment));
            context = environment["DOCKER_CONTEXT"] ?? DockerConfigFile.Load(environment).CurrentContext;
        }

        return string.IsNullOrEmpty(context) || context == DefaultContext ? OfDefaultContext(environment) : OfContext(context, environment);
    }

    /// <summary>This user's docker contexts, by name, with their engines' addresses; those whose files can't be read are left out.</summary>
    public static IEnumerable<(string Name, string Host)> Contexts(DockerEnvironment? environment = null)
    {
        string folder = Path.Combine((environment ?? DockerEnvironment.Current).ConfigDirectory, "contexts", "meta");
        if (!Directory.Exists(folder))
            yield break;
        foreach (string file in Directory.EnumerateFiles(folder, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            ContextMetadata? metadata;
            try
            {
                metadata = ConfigJson.Read(file, ConfigJson.Default.ContextMetadata);
            }
            catch (DockerConfigException)
            {
                // Whoever uses this one learns why.
                continue;
            }

            if (metadata?.Name is { } name)
                yield return (name, metadata.Endpoints?.GetValueOrDefault("docker")?.Host ?? "");
        }
    }

    private static DockerEndpoint OfDefaultContext(DockerEnvironment environment) =>
        environment["DOCKER_HOST"] is { } host ? DockerEndpoint.Parse(host, TlsOf(environment))
        : TlsOf(environment) is { } tls ? DockerEndpoint.Parse("tcp://", tls)
        : DockerEndpoint.Default;

    private static DockerEndpoint OfContext(string name, DockerEnvironment environment)
    {
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        string contexts = Path.Combine(environment.ConfigDirectory, "contexts");
        string file = Path.Combine(contexts, "meta", id, "meta.json");
        ContextMetadata metadata = ConfigJson.Read(file, ConfigJson.Default.ContextMetadata)
            ?? throw new DockerConfigException($"There is no docker context '{name}' in '{contexts}'",
                "List the contexts with 'docker context ls'; check DOCKER_CONTEXT, and currentContext in config.json.", name);
        if (metadata.Endpoints?.GetValueOrDefault("docker") is not { } endpoint)
            throw new DockerConfigException($"The docker context '{name}' has no docker endpoint", $"Mend '{file}', or use another context.", name);
        string certificates = Path.Combine(contexts, "tls", id, "docker");
        DockerTls? tls = Directory.Exists(certificates) ? DockerTls.FromDirectory(certificates, endpoint.SkipTlsVerify)
            : endpoint.SkipTlsVerify ? new DockerTls(null, null, null, SkipVerify: true)
            : null;
        DockerEndpoint found = string.IsNullOrEmpty(endpoint.Host) ? DockerEndpoint.Default : DockerEndpoint.Parse(endpoint.Host, tls);
        return found with { Context = name };
    }

    private static DockerTls? TlsOf(DockerEnvironment environment)
    {
        bool verify = environment["DOCKER_TLS_VERIFY"] is not null;
        if (!verify && environment["DOCKER_TLS"] is null)
            return null;
        return DockerTls.FromDirectory(environment["DOCKER_CERT_PATH"] ?? environment.ConfigDirectory, skipVerify: !verify);
    }
}
