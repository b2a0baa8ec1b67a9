using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CoordPS.Kubernetes;

/// <summary>How to reach a cluster, and as whom: what a context of a kubeconfig says, or a pod's service account.</summary>
public sealed class KubernetesConnection
{
    private KubernetesConnection(Uri server, Credential credential, string source)
    {
        Server = server;
        Credential = credential;
        Source = source;
    }

    /// <summary>The API server's address.</summary>
    public Uri Server { get; }

    /// <summary>The namespace that is used where none is given.</summary>
    public string Namespace { get; private init; } = "default";

    /// <summary>The context's name; null in a pod.</summary>
    public string? Context { get; private init; }

    /// <summary>Who asks, for messages: the kubeconfig's user, or the service account.</summary>
    public string UserName { get; private init; } = "anonymous";

    /// <summary>What this was made of, for messages.</summary>
    public string Source { get; }

    /// <summary>Somebody to act as; null to act as oneself.</summary>
    public Impersonation? Impersonation { get; init; }

    /// <summary>What the user should know, such as that the server's certificate is not checked. Show them once.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Whether the server's certificate is accepted whatever it is.</summary>
    public bool SkipsTlsVerification { get; private init; }

    /// <summary>The name that the server's certificate must be for; null for the host of <see cref="Server"/>.</summary>
    public string? TlsServerName { get; private init; }

    /// <summary>The proxy to go through; null for what the environment says.</summary>
    public Uri? Proxy { get; private init; }

    /// <summary>The authorities whose certificates are trusted; null for the system's.</summary>
    internal X509Certificate2Collection? Authorities { get; private init; }

    internal Credential Credential { get; }

    internal bool IsCompressionDisabled { get; private init; }

    /// <summary>
    /// Loads what kubectl would use: the kubeconfig's context, or, where there is no kubeconfig, the service account of the pod
    /// this runs in.
    /// </summary>
    /// <param name="path">The kubeconfig; null for those of <c>KUBECONFIG</c>, or <c>~/.kube/config</c>.</param>
    /// <param name="context">The context; null for the current one.</param>
    /// <param name="namespaceOverride">The namespace; null for the context's, or <c>default</c>.</param>
    /// <exception cref="KubernetesException">Nothing is configured, or an entry or file is missing or wrong; the message names it.</exception>
    public static KubernetesConnection Load(string? path = null, string? context = null, string? namespaceOverride = null)
    {
        KubeConfig config = KubeConfig.Load(path);
        if (!config.IsEmpty || path is not null || context is not null)
            return FromConfig(config, context, namespaceOverride);
        if (ServiceAccount.IsPresent)
            return InCluster(namespaceOverride);
        string looked = string.Join(" and ", config.MissingFiles.Select(static file => $"{file} (not there)").Concat(config.Files.Select(static file => $"{file} (empty)")));
        throw KubeConfig.Error(
            $"No Kubernetes cluster is configured: looked at {looked}, and this is no pod with a service account.",
            "Set KUBECONFIG to your kubeconfig's path, or give the path.");
    }

    /// <summary>What a context of a kubeconfig says.</summary>
    /// <param name="config">The kubeconfig.</param>
    /// <param name="context">The context; null for the current one.</param>
    /// <param name="namespaceOverride">The namespace; null for the context's, or <c>default</c>.</param>
    /// <exception cref="KubernetesException">An entry or file is missing or wrong; the message names it.</exception>
    public static KubernetesConnection FromConfig(KubeConfig config, string? context = null, string? namespaceOverride = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        string files = config.Files.Count > 0 ? string.Join(Path.PathSeparator, config.Files) : string.Join(Path.PathSeparator, config.MissingFiles);
        string name = context ?? config.CurrentContext
            ?? throw KubeConfig.Error($"No context is set in {files}.",
                $"Name one of its contexts ({Names(config.Contexts)}), or run kubectl config use-context.");
        KubeConfig.Entry contextEntry = config.Context(name)
            ?? throw KubeConfig.Error($"There is no context '{name}' in {files}.", $"Name one of its contexts: {Names(config.Contexts)}.");
        string clusterName = contextEntry.Text("cluster")
            ?? throw KubeConfig.Error($"The {contextEntry} names no cluster.", "Set its 'cluster'.");
        KubeConfig.Entry cluster = config.Cluster(clusterName)
            ?? throw KubeConfig.Error($"The {contextEntry} names the cluster '{clusterName}', which is not in {files}.",
                $"Name one of its clusters: {Names(config.Clusters)}.");
        KubeConfig.Entry? user = null;
        if (contextEntry.Text("user") is { } userName)
        {
            user = config.User(userName)
                ?? throw KubeConfig.Error($"The {contextEntry} names the user '{userName}', which is not in {files}.",
                    $"Name one of its users: {Names(config.Users)}.");
        }

        var warnings = new List<string>();
        bool insecure = cluster.Json.Flag("insecure-skip-tls-verify") ?? false;
        X509Certificate2Collection? authorities = AuthoritiesOf(cluster);
        Uri server = ServerOf(cluster, insecure || authorities is not null);
        if (insecure)
        {
            if (authorities is not null)
            {
                throw KubeConfig.Error($"The {cluster} sets both insecure-skip-tls-verify and a certificate authority.",
                    "Remove insecure-skip-tls-verify.");
            }

            warnings.Add($"The certificate of {server.Authority} is not checked (insecure-skip-tls-verify in the {cluster}): anybody on the way can read and change what is sent.");
        }

        return new KubernetesConnection(server, user is null ? new NoCredential() : CredentialReader.Read(user, cluster, server), $"context '{name}' of {contextEntry.File}")
        {
            Namespace = NonEmpty(namespaceOverride) ?? contextEntry.Text("namespace") ?? "default",
            Context = name,
            UserName = user?.Name ?? "anonymous",
            Impersonation = user is null ? null : CredentialReader.ReadImpersonation(user),
            Warnings = warnings,
            SkipsTlsVerification = insecure,
            TlsServerName = cluster.Text("tls-server-name"),
            Proxy = ProxyOf(cluster),
            Authorities = insecure ? null : authorities,
            IsCompressionDisabled = cluster.Json.Flag("disable-compression") ?? false,
        };
    }

    /// <summary>The service account of the pod this runs in.</summary>
    /// <param name="namespaceOverride">The namespace; null for the pod's.</param>
    /// <exception cref="KubernetesException">This is no pod with a service account.</exception>
    public static KubernetesConnection InCluster(string? namespaceOverride = null) => InCluster(ServiceAccount.Default, namespaceOverride);

    internal static KubernetesConnection InCluster(ServiceAccount account, string? namespaceOverride)
    {
        Uri server = account.Server
            ?? throw KubeConfig.Error("This is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set.", "Give a kubeconfig.");
        return new KubernetesConnection(server, new TokenFileCredential(account.TokenFile, null, "the pod's service account"), "the pod's service account")
        {
            Namespace = NonEmpty(namespaceOverride) ?? account.Namespace ?? "default",
            UserName = "the pod's service account",
            Authorities = LoadAuthorities(File.Exists(account.AuthorityFile) ? ReadFile(account.AuthorityFile, "the pod's service account")
                : throw KubeConfig.Error($"The file {account.AuthorityFile} of the pod's service account is not there.",
                    "Let the pod mount its service account's token."), account.AuthorityFile),
        };
    }

    /// <summary>The same as somebody else.</summary>
    public KubernetesConnection As(Impersonation? impersonation) => Copy(Namespace, impersonation);

    /// <summary>The same with another namespace where none is given.</summary>
    public KubernetesConnection InNamespace(string ns) => Copy(ns, Impersonation);

    internal static string ReadFile(string path, object entry)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KubeConfig.Error($"The file {path}, which {entry} names, can't be read: {e.Message}",
                "Check the path, which is relative to the kubeconfig, and that you may read it.", e);
        }
    }

    /// <summary>What a field and its twin that ends in <c>-data</c> say as PEM; the data goes before the file. Null if neither is set.</summary>
    internal static (string Pem, string Where)? ReadPem(KubeConfig.Entry entry, string field)
    {
        if (entry.Text(field + "-data") is { } data)
        {
            try
            {
                return (System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(data)), $"{field}-data of the {entry}");
            }
            catch (FormatException e)
            {
                throw KubeConfig.Error($"The {field}-data of the {entry} is no base64.", "Correct it, or name a file instead.", e);
            }
        }

        return entry.PathOf(field) is { } path ? (ReadFile(path, $"'{field}' of the {entry}"), path) : null;
    }

    private KubernetesConnection Copy(string ns, Impersonation? impersonation) => new(Server, Credential, Source)
    {
        Namespace = ns,
        Context = Context,
        UserName = UserName,
        Impersonation = impersonation,
        Warnings = Warnings,
        SkipsTlsVerification = SkipsTlsVerification,
        TlsServerName = TlsServerName,
        Proxy = Proxy,
        Authorities = Authorities,
        IsCompressionDisabled = IsCompressionDisabled,
    };

    private static X509Certificate2Collection? AuthoritiesOf(KubeConfig.Entry cluster) =>
        ReadPem(cluster, "certificate-authority") is var (pem, where) ? LoadAuthorities(pem, where) : null;

    private static X509Certificate2Collection LoadAuthorities(string pem, string where)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw KubeConfig.Error($"The certificate authority ({where}) is no PEM certificate: {e.Message}", "Correct it.", e);
        }

        return authorities.Count > 0 ? authorities : throw KubeConfig.Error($"The certificate authority ({where}) has no PEM certificate.",
            "Correct it.");
    }

    private static Uri ServerOf(KubeConfig.Entry cluster, bool hasTls)
    {
        string text = cluster.Text("server") ?? throw KubeConfig.Error($"The {cluster} has no server.",
            "Set its 'server', such as https://host:6443.");
        string url = text.Contains("://", StringComparison.Ordinal) ? text : $"{(hasTls ? "https" : "http")}://{text}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? server) || server.Scheme is not ("http" or "https"))
            throw KubeConfig.Error($"The server '{text}' of the {cluster} is no http or https URL.", "Correct it, such as https://host:6443.");
        return server.AbsolutePath.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
    }

    private static Uri? ProxyOf(KubeConfig.Entry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? proxy) || proxy.Scheme is not ("http" or "https" or "socks5" or "socks5h"))
            throw KubeConfig.Error($"The proxy-url '{text}' of the {cluster} is no http, https or socks5 URL.",
                "Correct it, such as http://proxy:3128 or socks5://localhost:1080.");
        // The names are resolved by the proxy either way.
        return proxy.Scheme == "socks5h" ? new UriBuilder(proxy) { Scheme = "socks5" }.Uri : proxy;
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string Names(IReadOnlyCollection<string> names) => names.Count == 0 ? "there are none" : string.Join(", ", names);
}
