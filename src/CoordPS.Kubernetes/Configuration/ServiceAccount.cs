namespace CoordPS.Kubernetes;

/// <summary>The service account that Kubernetes mounts into a pod.</summary>
internal sealed class ServiceAccount
{
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    private readonly string _folder;
    private readonly Func<string, string?> _environment;

    internal ServiceAccount(string folder, Func<string, string?> environment)
    {
        _folder = folder;
        _environment = environment;
    }

    /// <summary>Where every pod has it.</summary>
    public static ServiceAccount Default { get; } = new(MountPath, Environment.GetEnvironmentVariable);

    /// <summary>Whether this is a pod that has one.</summary>
    public static bool IsPresent => Default.Server is not null && File.Exists(Default.TokenFile);

    /// <summary>The API server; null if this is no pod.</summary>
    public Uri? Server
    {
        get
        {
            string? host = _environment("KUBERNETES_SERVICE_HOST"), port = _environment("KUBERNETES_SERVICE_PORT");
            if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
                return null;
            return Uri.TryCreate($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}/", UriKind.Absolute, out Uri? server) ? server : null;
        }
    }

    /// <summary>The file of the token, which Kubernetes writes anew from time to time.</summary>
    public string TokenFile => Path.Combine(_folder, "token");

    /// <summary>The file of the cluster's certificate authority.</summary>
    public string AuthorityFile => Path.Combine(_folder, "ca.crt");

    /// <summary>The pod's namespace; null if it is not told.</summary>
    public string? Namespace
    {
        get
        {
            if (_environment("POD_NAMESPACE") is { Length: > 0 } ns)
                return ns;
            string file = Path.Combine(_folder, "namespace");
            return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } mounted ? mounted : null;
        }
    }
}
