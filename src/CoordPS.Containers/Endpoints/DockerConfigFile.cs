using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoordPS.Containers;

/// <summary>The docker command's <c>config.json</c>, as far as this library heeds it.</summary>
internal sealed class DockerConfigFile
{
    /// <summary>The context that is used when nothing else names one.</summary>
    [JsonPropertyName("currentContext")]
    public string? CurrentContext { get; init; }

    /// <summary>Credentials by registry, in the clear.</summary>
    [JsonPropertyName("auths")]
    public Dictionary<string, DockerConfigAuth>? Auths { get; init; }

    /// <summary>The program that keeps the credentials of all registries: <c>docker-credential-NAME</c>.</summary>
    [JsonPropertyName("credsStore")]
    public string? CredentialStore { get; init; }

    /// <summary>The same for single registries.</summary>
    [JsonPropertyName("credHelpers")]
    public Dictionary<string, string>? CredentialHelpers { get; init; }

    /// <summary>Reads it; one that does not exist is empty.</summary>
    /// <exception cref="DockerConfigException">It can't be read, or is no JSON.</exception>
    public static DockerConfigFile Load(DockerEnvironment environment) =>
        ConfigJson.Read(Path.Combine(environment.ConfigDirectory, "config.json"), ConfigJson.Default.DockerConfigFile) ?? new DockerConfigFile();
}

/// <summary>Credentials of a registry in <c>config.json</c>.</summary>
internal sealed class DockerConfigAuth
{
    /// <summary>Name and password, parted by a colon, in base 64.</summary>
    [JsonPropertyName("auth")]
    public string? Auth { get; init; }

    /// <summary>The name.</summary>
    [JsonPropertyName("username")]
    public string? UserName { get; init; }

    /// <summary>The password.</summary>
    [JsonPropertyName("password")]
    public string? Password { get; init; }

    /// <summary>A token in place of name and password.</summary>
    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }

    /// <summary>A token that goes to the registry as it is.</summary>
    [JsonPropertyName("registrytoken")]
    public string? RegistryToken { get; init; }
}

/// <summary>A context's <c>meta.json</c>.</summary>
internal sealed class ContextMetadata
{
    /// <summary>The context's name.</summary>
    public string? Name { get; init; }

    /// <summary>Its endpoints by kind.</summary>
    public Dictionary<string, ContextEndpoint>? Endpoints { get; init; }
}

/// <summary>An endpoint of a context.</summary>
internal sealed class ContextEndpoint
{
    /// <summary>The engine's address.</summary>
    public string? Host { get; init; }

    /// <summary>Whether any certificate of the engine will do.</summary>
    [JsonPropertyName("SkipTLSVerify")]
    public bool SkipTlsVerify { get; init; }
}

/// <summary>Reads the docker command's files.</summary>
[JsonSourceGenerationOptions(ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(DockerConfigFile))]
[JsonSerializable(typeof(ContextMetadata))]
internal sealed partial class ConfigJson : JsonSerializerContext
{
    /// <summary>A file's content; null when there is no such file.</summary>
    public static T? Read<T>(string file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            byte[] content = File.ReadAllBytes(file);
            return content.Length == 0 ? null : JsonSerializer.Deserialize(content, type);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // What the parser quotes might be a secret.
            string why = e is JsonException json ? $"line {json.LineNumber + 1} is no JSON, or not what belongs there" : e.Message.TrimEnd('.');
            throw new DockerConfigException($"'{file}' can't be read: {why}", "Mend the file, or set DOCKER_CONFIG to another folder.", file,
                e is JsonException ? null : e);
        }
    }
}
