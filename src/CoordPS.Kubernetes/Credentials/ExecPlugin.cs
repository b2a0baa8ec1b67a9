using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>A program that gives credentials, as client.authentication.k8s.io/v1 and v1beta1 describe.</summary>
internal sealed class ExecPlugin
{
    private const string Group = "client.authentication.k8s.io";

    private readonly KubeConfig.Entry _user;
    private readonly JsonObject? _cluster;

    private ExecPlugin(KubeConfig.Entry user, JsonObject? cluster)
    {
        _user = user;
        _cluster = cluster;
    }

    public required string Command { get; init; }

    public required string ApiVersion { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyList<(string Name, string Value)> Environment { get; init; }

    public required bool IsInteractive { get; init; }

    public string? InstallHint { get; init; }

    public KubeConfig.Entry User => _user;

    public static ExecPlugin Read(JsonObject exec, KubeConfig.Entry user, KubeConfig.Entry cluster, Uri server)
    {
        string version = exec.Text("apiVersion") ?? "";
        if (version is not ($"{Group}/v1" or $"{Group}/v1beta1"))
        {
            throw KubeConfig.Error($"The exec plugin of the {user} has the apiVersion '{version}'.",
                $"Set it to {Group}/v1 or {Group}/v1beta1, whichever the plugin speaks; older ones are not supported any more.");
        }

        string command = exec.Text("command") is { Length: > 0 } set ? set : throw KubeConfig.Error($"The exec plugin of the {user} has no command.",
            "Set it.");
        // As with kubectl: a bare name is looked for on PATH, any other path is relative to the file.
        if (command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
            command = Path.Combine(Path.GetDirectoryName(user.File)!, command);
        string? mode = exec.Text("interactiveMode");
        if (string.IsNullOrEmpty(mode))
            mode = version == $"{Group}/v1beta1" ? "IfAvailable" : throw KubeConfig.Error($"The exec plugin of the {user} has no interactiveMode, which {version} asks for.",
                "Set it to Never, IfAvailable or Always.");
        bool available = !Console.IsInputRedirected && System.Environment.UserInteractive;
        bool interactive = mode switch
        {
            "Never" => false,
            "IfAvailable" => available,
            "Always" => available ? true : throw KubeConfig.Error($"The exec plugin {command} of the {user} asks for a terminal (interactiveMode Always), and there is none.",
                "Run it where there is a terminal, or use another user."),
            _ => throw KubeConfig.Error($"The exec plugin of the {user} has the interactiveMode '{mode}'.",
                "Set it to Never, IfAvailable or Always."),
        };
        return new ExecPlugin(user, exec.Flag("provideClusterInfo") == true ? ClusterInfo(cluster, server) : null)
        {
            Command = command,
            ApiVersion = version,
            Arguments = [.. (exec.Array("args") ?? []).OfType<JsonValue>().Select(static value => value.ToString())],
            Environment = [.. exec.Objects("env").Select(static item => (item.Text("name") ?? "", item["value"]?.ToString() ?? "")).Where(static item => item.Item1.Length > 0)],
            IsInteractive = interactive,
            InstallHint = exec.Text("installHint"),
        };
    }

    /// <summary>Runs it and returns the <c>status</c> of what it writes.</summary>
    /// <exception cref="KubernetesException">It is not there, it failed, or what it wrote is no credential.</exception>
    public async Task<JsonObject> RunAsync(CancellationToken ct)
    {
        var start = new ProcessStartInfo(Command, Arguments)
        {
            RedirectStandardOutput = true,
            // What an interactive plugin asks or shows goes to the terminal.
            RedirectStandardError = !IsInteractive,
            RedirectStandardInput = !IsInteractive,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in Environment)
            start.Environment[name] = value;
        var spec = new JsonObject { ["interactive"] = IsInteractive };
        if (_cluster is not null)
            spec["cluster"] = _cluster.DeepClone();
        start.Environment["KUBERNETES_EXEC_INFO"] = new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString(JsonText.Compact);

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw KubeConfig.Error($"The exec plugin {Command} of the {_user} can't be run: {e.Message}",
                Hint("Install it, or correct its path."), e);
        }

        string output, errors;
        try
        {
            if (!IsInteractive)
                process.StandardInput.Close();
            Task<string> reading = IsInteractive ? Task.FromResult("") : process.StandardError.ReadToEndAsync(ct);
            output = await process.StandardOutput.ReadToEndAsync(ct).ConfigureAwait(false);
            errors = await reading.ConfigureAwait(false);
            await process.WaitForExitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            string said = errors.Trim();
            throw KubeConfig.Error($"The exec plugin {Command} of the {_user} ended with exit code {process.ExitCode}{(said.Length > 0 ? $": {said}" : ".")}",
                Hint("Run it by hand to see why; you may have to sign in again."));
        }

        return StatusOf(output);
    }

    private JsonObject StatusOf(string output)
    {
        JsonObject? json;
        try
        {
            json = JsonNode.Parse(output) as JsonObject;
        }
        catch (JsonException e)
        {
            throw KubeConfig.Error($"The exec plugin {Command} of the {_user} wrote no JSON: {e.Message}",
                Hint("Run it by hand to see what it writes."), e);
        }

        if (json.Text("kind") != "ExecCredential")
            throw KubeConfig.Error($"The exec plugin {Command} of the {_user} wrote no ExecCredential.",
                Hint("Run it by hand to see what it writes."));
        if (json.Text("apiVersion") != ApiVersion)
            throw KubeConfig.Error($"The exec plugin {Command} of the {_user} wrote {json.Text("apiVersion")} where {ApiVersion} is configured.",
                Hint("Set the apiVersion that the plugin speaks."));
        return json.Object("status") is { } status && (status.Text("token") is { Length: > 0 } || status.Text("clientCertificateData") is { Length: > 0 })
            ? status
            : throw KubeConfig.Error($"The exec plugin {Command} of the {_user} gave neither a token nor a client certificate.",
                Hint("Run it by hand to see why."));
    }

    private string Hint(string otherwise) => string.IsNullOrWhiteSpace(InstallHint) ? otherwise : InstallHint.Trim();

    private static JsonObject ClusterInfo(KubeConfig.Entry cluster, Uri server)
    {
        var info = new JsonObject { ["server"] = cluster.Text("server") ?? server.AbsoluteUri };
        if (cluster.Text("tls-server-name") is { } name)
            info["tls-server-name"] = name;
        if (cluster.Json.Flag("insecure-skip-tls-verify") == true)
            info["insecure-skip-tls-verify"] = true;
        if (KubernetesConnection.ReadPem(cluster, "certificate-authority") is var (pem, _))
            info["certificate-authority-data"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pem));
        if (cluster.Text("proxy-url") is { } proxy)
            info["proxy-url"] = proxy;
        JsonObject? config = cluster.Json.Objects("extensions").FirstOrDefault(static e => e.Text("name") == $"{Group}/exec");
        if (config?["extension"] is { } extension)
            info["config"] = extension.DeepClone();
        return info;
    }
}
