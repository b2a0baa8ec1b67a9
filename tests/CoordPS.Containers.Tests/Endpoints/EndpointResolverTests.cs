using System.Security.Cryptography;
using System.Text;
using CoordPS.Testing;

namespace CoordPS.Containers.Tests;

public sealed class EndpointResolverTests : IDisposable
{
    private readonly TempDirectory _home = new();
    private readonly Dictionary<string, string?> _variables = [];

    public void Dispose() => _home.Dispose();

    private DockerEnvironment Environment => new(name => _variables.GetValueOrDefault(name), _home.Path);

    [Fact]
    public void Without_anything_it_is_the_engine_of_this_machine() =>
        Assert.Equal(OperatingSystem.IsWindows() ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock", Resolve());

    [Fact]
    public void A_host_that_is_given_goes_before_variables_and_these_before_contexts()
    {
        AddContext("current", "tcp://current:1");
        AddContext("named", "tcp://named:2");
        WriteConfig("""{ "currentContext": "current" }""");
        Assert.Equal("tcp://current:1", Resolve());
        _variables["DOCKER_CONTEXT"] = "named";
        Assert.Equal("tcp://named:2", Resolve());
        _variables["DOCKER_HOST"] = "tcp://variable:3";
        Assert.Equal("tcp://variable:3", Resolve());
        Assert.Equal("tcp://current:1", Resolve(context: "current"));
        Assert.Equal("tcp://variable:3", Resolve(context: "default"));
        Assert.Equal("tcp://given:4", Resolve(host: "tcp://given:4"));
        _variables["DOCKER_HOST"] = "";
        Assert.Equal("tcp://named:2", Resolve());
    }

    [Fact]
    public void A_context_brings_its_name_and_its_certificates()
    {
        string folder = AddContext("secure", "tcp://far:2376");
        string tls = _home.Combine(".docker", "contexts", "tls", folder, "docker");
        Directory.CreateDirectory(tls);
        File.WriteAllText(Path.Combine(tls, "ca.pem"), "");
        DockerEndpoint endpoint = EndpointResolver.Resolve(context: "secure", environment: Environment);
        Assert.Equal("secure", endpoint.Context);
        Assert.Equal(Path.Combine(tls, "ca.pem"), endpoint.Tls?.CaFile);
        Assert.Null(endpoint.Tls?.KeyFile);
        Assert.Equal([("secure", "tcp://far:2376")], EndpointResolver.Contexts(Environment));
    }

    [Theory]
    [InlineData("DOCKER_TLS_VERIFY", false)]
    [InlineData("DOCKER_TLS", true)]
    public void Variables_secure_a_host_with_the_certificates_of_their_folder(string variable, bool skipVerify)
    {
        _variables[variable] = "1";
        _variables["DOCKER_CERT_PATH"] = _home.Path;
        File.WriteAllText(_home.Combine("cert.pem"), "");
        DockerEndpoint endpoint = EndpointResolver.Resolve("tcp://far", environment: Environment);
        Assert.Equal(2376, endpoint.Port);
        Assert.Equal(_home.Combine("cert.pem"), endpoint.Tls?.CertificateFile);
        Assert.Equal(skipVerify, endpoint.Tls?.SkipVerify);
        Assert.Equal("unix:///run/docker.sock", Resolve(host: "unix:///run/docker.sock"));
    }

    [Theory]
    [InlineData("tcp://host", "tcp://host:2375")]
    [InlineData("host:1234", "tcp://host:1234")]
    [InlineData("tcp://[::1]:2375", "tcp://[::1]:2375")]
    [InlineData("tcp://", "tcp://localhost:2375")]
    [InlineData("unix://", "unix:///var/run/docker.sock")]
    [InlineData("unix:///a b/docker.sock", "unix:///a b/docker.sock")]
    [InlineData("npipe:////./pipe/other", "npipe:////./pipe/other")]
    [InlineData("npipe://", "npipe:////./pipe/docker_engine")]
    public void Addresses_are_read_as_the_docker_command_does(string host, string expected) => Assert.Equal(expected, Resolve(host));

    [Theory]
    [InlineData("ssh://me@host", "ssh is not supported")]
    [InlineData("http://host:2375", "'http' is no way to an engine")]
    [InlineData("tcp://host:port", "no host and port")]
    [InlineData("tcp://host:1/path", "host and a port only")]
    [InlineData("npipe:////server/pipe/x", "a pipe of this machine")]
    public void What_is_no_address_is_refused(string host, string reason)
    {
        DockerConfigException error = Assert.Throws<DockerConfigException>(() => Resolve(host));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(host, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_good_are_named_and_not_quoted()
    {
        Assert.Contains("no docker context 'absent'", Assert.Throws<DockerConfigException>(() => Resolve(context: "absent")).Message, StringComparison.Ordinal);
        WriteConfig("{ \"auths\": { \"r\": { \"auth\": \"c2VjcmV0\", } } } }");
        DockerConfigException error = Assert.Throws<DockerConfigException>(() => Resolve());
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", error.ToString(), StringComparison.Ordinal);
        Assert.Throws<DockerConfigException>(() => Resolve("tcp://a", "b"));
    }

    private string Resolve(string? host = null, string? context = null) => EndpointResolver.Resolve(host, context, Environment).ToString();

    private void WriteConfig(string json)
    {
        Directory.CreateDirectory(_home.Combine(".docker"));
        File.WriteAllText(_home.Combine(".docker", "config.json"), json);
    }

    private string AddContext(string name, string host)
    {
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        string folder = _home.Combine(".docker", "contexts", "meta", id);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "meta.json"), $$"""{ "Name": "{{name}}", "Metadata": {}, "Endpoints": { "docker": { "Host": "{{host}}", "SkipTLSVerify": false } } }""");
        return id;
    }
}
