using CoordPS.Testing;

namespace CoordPS.Kubernetes.Tests;

public sealed class KubeConfigTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Of_several_files_the_first_to_set_something_wins_as_a_whole()
    {
        string first = Write("a/config", """
            current-context: one
            contexts: [{name: one, context: {cluster: c, user: u}}]
            users: [{name: u, user: {token: first}}]
            """);
        string second = Write("b/config", """
            current-context: two
            contexts: [{name: one, context: {cluster: other, namespace: second}}, {name: two, context: {cluster: c}}]
            clusters: [{name: c, cluster: {server: 'https://second:6443'}}]
            users: [{name: u, user: {username: second}}]
            """);
        KubeConfig config = KubeConfig.Load([first, second, _temp.Combine("missing")], required: false);
        Assert.Equal("one: one, two", $"{config.CurrentContext}: {string.Join(", ", config.Contexts.Order())}");
        Assert.Equal([_temp.Combine("missing")], config.MissingFiles);
        KubernetesConnection connection = KubernetesConnection.FromConfig(config);
        Assert.Equal(("https://second:6443/", "default", "u"), (connection.Server.AbsoluteUri, connection.Namespace, connection.UserName));
    }

    [Fact]
    public void Paths_are_relative_to_the_file_they_are_in()
    {
        (string certificate, string key) = TestCertificates.ClientPem();
        Write("b/pki/client.crt", certificate);
        Write("b/pki/client.key", key);
        string first = Write("a/config", "{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: 'https://s'}}]}");
        string second = Write("b/config", "{users: [{name: u, user: {client-certificate: pki/client.crt, client-key: pki/client.key}}]}");
        KubernetesConnection connection = KubernetesConnection.FromConfig(KubeConfig.Load([first, second], required: false));
        Assert.Contains("CN=somebody", connection.Credential.Certificate!.Certificate.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void KUBECONFIG_is_a_list_and_its_default_is_in_the_home_directory()
    {
        Assert.Equal(["a", "b"], KubeConfig.DefaultFiles($"a{Path.PathSeparator}{Path.PathSeparator}b{Path.PathSeparator}a"));
        Assert.EndsWith(Path.Combine(".kube", "config"), Assert.Single(KubeConfig.DefaultFiles(null)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "No context is set in", "kubectl config use-context")]
    [InlineData("{current-context: x, contexts: [{name: other, context: {cluster: c}}]}", "There is no context 'x'", "other")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {}}]}", "context 'x' in FILE names no cluster", "cluster")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: d, cluster: {server: 'https://s'}}]}", "names the cluster 'c', which is not in", "d")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: 'https://s'}}]}", "names the user 'u', which is not in", "there are none")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {}}]}", "cluster 'c' in FILE has no server", "https://host:6443")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'ftp://s'}}]}", "no http or https URL", "https://host:6443")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://s', proxy-url: 'ftp://p'}}]}", "proxy-url 'ftp://p'", "socks5")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://s', certificate-authority: none.crt}}]}", "none.crt, which 'certificate-authority' of the cluster 'c'", "relative to the kubeconfig")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://s', certificate-authority-data: '%'}}]}", "certificate-authority-data of the cluster 'c'", "Correct it")]
    [InlineData("{users: [{name: u, user: {}}, {name: u, user: {}}]}", "two entries named 'u'", "Remove one")]
    [InlineData("{kind: Deployment}", "is a Deployment, not a kubeconfig", "path of a kubeconfig")]
    [InlineData("users: [", "is no YAML: FILE, line", "Correct")]
    public void What_is_missing_or_wrong_is_named_with_its_file(string text, string message, string action)
    {
        string file = Write("config", text);
        KubernetesException e = Assert.Throws<KubernetesException>(() => KubernetesConnection.Load(file));
        Assert.Equal(KubernetesErrorKind.Configuration, e.Kind);
        Assert.Contains(message.Replace("FILE", file, StringComparison.Ordinal), e.Message, StringComparison.Ordinal);
        Assert.Contains(action, e.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{auth-provider: {name: gcp}}", "the auth-provider 'gcp'")]
    [InlineData("{client-certificate-data: YQ==}", "no client-key")]
    [InlineData("{client-certificate-data: YQ==, client-key-data: YQ==}", "can't be used")]
    [InlineData("{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}", "client.authentication.k8s.io/v1alpha1")]
    [InlineData("{exec: {apiVersion: client.authentication.k8s.io/v1, command: x}}", "no interactiveMode")]
    [InlineData("{as-groups: [a]}", "no user")]
    public void A_user_that_can_not_be_used_says_why(string user, string message)
    {
        KubernetesException e = Assert.Throws<KubernetesException>(() => ScriptedServer.Connection(user));
        Assert.Equal(KubernetesErrorKind.Configuration, e.Kind);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("user 'u' in ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_asked_for_must_be_there()
    {
        KubernetesException e = Assert.Throws<KubernetesException>(() => KubernetesConnection.Load(_temp.Combine("none")));
        Assert.Contains(_temp.Combine("none"), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unchecked_certificate_is_a_warning()
    {
        string file = Write("config", "{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://s:1', insecure-skip-tls-verify: true}}]}");
        KubernetesConnection connection = KubernetesConnection.Load(file, namespaceOverride: "mine");
        Assert.True(connection.SkipsTlsVerification);
        Assert.Contains("s:1 is not checked", Assert.Single(connection.Warnings), StringComparison.Ordinal);
        Assert.Equal("mine", connection.Namespace);
    }

    [Fact]
    public async Task In_a_pod_the_service_account_is_used()
    {
        Write("sa/ca.crt", TestCertificates.ClientPem().Certificate);
        Write("sa/namespace", "shop\n");
        Write("sa/token", "abc\n");
        var environment = new Dictionary<string, string> { ["KUBERNETES_SERVICE_HOST"] = "fd00::1", ["KUBERNETES_SERVICE_PORT"] = "443" };
        KubernetesConnection connection = KubernetesConnection.InCluster(new ServiceAccount(_temp.Combine("sa"), environment.GetValueOrDefault), null);
        Assert.Equal(("https://[fd00::1]/", "shop"), (connection.Server.AbsoluteUri, connection.Namespace));
        var request = new HttpRequestMessage();
        await connection.Credential.PrepareAsync(request, default);
        Assert.Equal("Bearer abc", request.Headers.Authorization!.ToString());
    }

    private string Write(string name, string text)
    {
        string path = _temp.Combine(name.Split('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
