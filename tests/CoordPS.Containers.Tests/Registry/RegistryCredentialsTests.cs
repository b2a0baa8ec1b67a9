using System.Text;
using CoordPS.Testing;

namespace CoordPS.Containers.Tests;

public sealed class RegistryCredentialsTests : IDisposable
{
    private readonly TempDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("127.0.0.1:5000", "127.0.0.1:5000")]
    [InlineData("https://127.0.0.1:5000/v2/", "127.0.0.1:5000")]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    public async Task Those_of_config_json_are_found_by_host(string written, string registry)
    {
        RegistryAuth? auth = await Load($$"""{ "auths": { "{{written}}": { "auth": "{{Base64("me:pass:word")}}" } } }""").GetAsync(registry);
        Assert.Equal("me", auth?.UserName);
        Assert.Equal("pass:word", auth?.Password);
        Assert.Null(await Load("{}").GetAsync(registry));
    }

    [Fact]
    public async Task A_token_stands_for_name_and_password()
    {
        RegistryAuth? auth = await Load($$"""{ "auths": { "r:1": { "auth": "{{Base64("me:")}}", "identitytoken": "t" } } }""").GetAsync("r:1");
        Assert.Equal("t", auth?.IdentityToken);
    }

    [Fact]
    public async Task What_can_not_be_read_names_the_registry_and_no_secret()
    {
        DockerConfigException error = await Assert.ThrowsAsync<DockerConfigException>(() => Load("""{ "auths": { "r:1": { "auth": "?hidden" } } }""").GetAsync("r:1"));
        Assert.Contains("'r:1'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task For_a_build_all_are_gathered_and_what_fails_is_told_beside()
    {
        (Dictionary<string, RegistryAuth> found, IReadOnlyList<DockerException> failed) = await Load(
            $$"""{ "auths": { "a:1": { "auth": "{{Base64("me:x")}}" } }, "credHelpers": { "b:1": "there-is-none" } }""").GetAllAsync();
        Assert.Equal(["a:1"], found.Keys);
        Assert.Equal(DockerError.CredentialHelperFailed, Assert.Single(failed).Error);
        Assert.Contains("docker-credential-there-is-none", failed[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("busybox", "docker.io", "busybox", "latest", null)]
    [InlineData("me/app:2", "docker.io", "me/app", "2", null)]
    [InlineData("localhost/app", "localhost", "localhost/app", "latest", null)]
    [InlineData("127.0.0.1:5000/a/b:1", "127.0.0.1:5000", "127.0.0.1:5000/a/b", "1", null)]
    [InlineData("127.0.0.1:5000/a", "127.0.0.1:5000", "127.0.0.1:5000/a", "latest", null)]
    [InlineData("r.example/a:1@sha256:ab", "r.example", "r.example/a", "1", "sha256:ab")]
    [InlineData("r.example/a@sha256:ab", "r.example", "r.example/a", null, "sha256:ab")]
    public void Names_of_images_are_parted(string text, string registry, string repository, string? tag, string? digest)
    {
        ImageReference name = ImageReference.Parse(text);
        Assert.Equal((registry, repository, tag, digest), (name.Registry, name.Repository, name.EffectiveTag, name.Digest));
    }

    private RegistryCredentials Load(string config)
    {
        File.WriteAllText(_home.Combine("config.json"), config);
        return new RegistryCredentials(new DockerEnvironment(name => name == "DOCKER_CONFIG" ? _home.Path : null, "/nowhere"));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
