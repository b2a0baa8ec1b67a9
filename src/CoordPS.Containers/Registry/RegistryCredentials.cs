using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CoordPS.Containers;

/// <summary>
/// The credentials that <c>docker login</c> has left: in <c>config.json</c>, or with the programs that it names. Secrets never get into errors.
/// </summary>
public sealed class RegistryCredentials
{
    private const string DockerHubKey = "https://index.docker.io/v1/";
    private const string NotFound = "credentials not found";

    private readonly DockerConfigFile _config;
    private readonly DockerEnvironment _environment;

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <exception cref="DockerConfigException">It is malformed.</exception>
    public RegistryCredentials(DockerEnvironment? environment = null)
    {
        _environment = environment ?? DockerEnvironment.Current;
        _config = DockerConfigFile.Load(_environment);
    }

    /// <summary>The credentials for a registry; null when there are none.</summary>
    /// <param name="registry">Its address as in names of images; <c>docker.io</c> for Docker Hub.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="DockerException">A credential helper is missing or fails.</exception>
    public async Task<RegistryAuth?> GetAsync(string registry, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        string key = registry is ImageReference.DockerHub or "index.docker.io" ? DockerHubKey : registry;
        string? helper = _config.CredentialHelpers?.GetValueOrDefault(registry) ?? _config.CredentialHelpers?.GetValueOrDefault(key) ?? _config.CredentialStore;
        if (!string.IsNullOrEmpty(helper))
            return await AskAsync(helper, key, ct).ConfigureAwait(false);
        if (_config.Auths is not { } auths)
            return null;
        // Older logins wrote an address in place of a host.
        if (!auths.TryGetValue(key, out DockerConfigAuth? auth))
            auth = auths.FirstOrDefault(pair => HostOf(pair.Key) == HostOf(key)).Value;
        return auth is null ? null : FromConfig(key, auth);
    }

    /// <summary>All credentials there are, for a build, whose base images may come from anywhere, and what could not be had.</summary>
    public async Task<(Dictionary<string, RegistryAuth> Found, IReadOnlyList<DockerException> Failed)> GetAllAsync(CancellationToken ct = default)
    {
        var found = new Dictionary<string, RegistryAuth>(StringComparer.Ordinal);
        var failed = new List<DockerException>();
        HashSet<string> registries = [.. _config.Auths?.Keys ?? Enumerable.Empty<string>(), .. _config.CredentialHelpers?.Keys ?? Enumerable.Empty<string>()];
        if (_config.CredentialStore is { Length: > 0 } store)
        {
            try
            {
                registries.UnionWith((await RunAsync(store, "list", "", RegistryJson.Default.DictionaryStringString, ct).ConfigureAwait(false))?.Keys ?? Enumerable.Empty<string>());
            }
            catch (DockerException e)
            {
                failed.Add(e);
            }
        }

        foreach (string registry in registries)
        {
            try
            {
                if (await GetAsync(registry, ct).ConfigureAwait(false) is { } auth)
                    found[registry] = auth;
            }
            catch (DockerException e)
            {
                failed.Add(e);
            }
        }

        return (found, failed);
    }

    private static RegistryAuth? FromConfig(string registry, DockerConfigAuth auth)
    {
        string? user = auth.UserName, password = auth.Password;
        if (!string.IsNullOrEmpty(auth.Auth))
        {
            string[] parts;
            try
            {
                parts = Encoding.UTF8.GetString(Convert.FromBase64String(auth.Auth)).Split(':', 2);
            }
            catch (FormatException)
            {
                parts = [];
            }

            if (parts.Length != 2)
            {
                throw new DockerConfigException($"The credentials of '{registry}' in config.json can't be read",
                    $"Log in again with 'docker login {registry}'.", registry);
            }

            (user, password) = (parts[0], parts[1].TrimEnd('\0'));
        }

        return user is null && auth.IdentityToken is null && auth.RegistryToken is null ? null : new RegistryAuth
        {
            UserName = user,
            Password = password,
            IdentityToken = auth.IdentityToken,
            RegistryToken = auth.RegistryToken,
            ServerAddress = registry,
        };
    }

    private async Task<RegistryAuth?> AskAsync(string helper, string registry, CancellationToken ct)
    {
        HelperCredentials? answer = await RunAsync(helper, "get", registry, RegistryJson.Default.HelperCredentials, ct).ConfigureAwait(false);
        if (answer?.Secret is null)
            return null;
        return answer.Username == "<token>"
            ? new RegistryAuth { IdentityToken = answer.Secret, ServerAddress = registry }
            : new RegistryAuth { UserName = answer.Username, Password = answer.Secret, ServerAddress = registry };
    }

    /// <summary>Runs a helper, by the protocol of https://github.com/docker/docker-credential-helpers; null when it has nothing.</summary>
    private async Task<T?> RunAsync<T>(string helper, string action, string input, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
    {
        string program = $"docker-credential-{helper}";
        var start = new ProcessStartInfo(program, action) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process? started;
        try
        {
            started = Process.Start(start);
        }
        catch (Win32Exception e)
        {
            throw Failed(e.NativeErrorCode == 2 ? "it is not on PATH" : "it can't be started", e);
        }

        using Process process = started!;
        try
        {
            try
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), ct).ConfigureAwait(false);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without asking; what it says and its exit code tell more.
            }

            Task<string> error = process.StandardError.ReadToEndAsync(ct);
            string output = await process.StandardOutput.ReadToEndAsync(ct).ConfigureAwait(false);
            string said = await error.ConfigureAwait(false);
            await process.WaitForExitAsync(ct).ConfigureAwait(false);
            if (process.ExitCode == 0)
                return JsonSerializer.Deserialize(output, type);
            if (output.Contains(NotFound, StringComparison.OrdinalIgnoreCase))
                return null;
            // On failure it says why in place of the answer.
            string why = (said.Length > 0 ? said : output).Trim();
            throw Failed($"it ended with code {process.ExitCode}{(why.Length > 0 ? $", saying: {why}" : "")}", null);
        }
        catch (JsonException)
        {
            throw Failed("its answer is not understood", null);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }

        DockerException Failed(string why, Exception? inner) => new(
            DockerError.CredentialHelperFailed, $"The credential helper {program} failed{(input.Length > 0 ? $" for '{input}'" : "")}: {why}",
            $"Install or mend it, or take it out of '{Path.Combine(_environment.ConfigDirectory, "config.json")}' and log in again.", input.Length > 0 ? input : null, inner: inner);
    }

    private static string HostOf(string address)
    {
        string host = address.Contains("://", StringComparison.Ordinal) ? address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..] : address;
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? host : host[..slash];
    }
}
