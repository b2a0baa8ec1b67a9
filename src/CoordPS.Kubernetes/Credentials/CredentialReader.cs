using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>Reads the user of a kubeconfig.</summary>
internal static class CredentialReader
{
    public static Credential Read(KubeConfig.Entry user, KubeConfig.Entry cluster, Uri server)
    {
        if (user.Json.Object("auth-provider") is { } provider)
        {
            throw KubeConfig.Error($"The {user} uses the auth-provider '{provider.Text("name")}', which Kubernetes no longer supports since 1.26.",
                "Use the exec plugin of your cloud instead (such as gke-gcloud-auth-plugin, kubelogin or aws eks get-token); its tool writes a new kubeconfig.");
        }

        ClientCertificate? certificate = ReadCertificate(user);
        if (user.Json.Object("exec") is { } exec)
        {
            if (certificate is not null)
                throw KubeConfig.Error($"The {user} has both a client certificate and an exec plugin.", "Remove one of them.");
            return new ExecCredential(ExecPlugin.Read(exec, user, cluster, server));
        }

        if (user.PathOf("tokenFile") is { } file)
            return new TokenFileCredential(file, certificate, $"the {user}");
        if (user.Text("token") is { } token)
            return new FixedCredential(certificate, new AuthenticationHeaderValue("Bearer", token.Trim()));
        if (user.Text("username") is { } name)
            return new FixedCredential(certificate, FixedCredential.Basic(name, user.Text("password")));
        return new FixedCredential(certificate, null);
    }

    public static Impersonation? ReadImpersonation(KubeConfig.Entry user)
    {
        string[] groups = Texts(user.Json.Array("as-groups"));
        var extra = (user.Json.Object("as-user-extra") ?? []).ToDictionary(static pair => pair.Key, static pair => (IReadOnlyList<string>)Texts(pair.Value as JsonArray));
        string? name = user.Text("as"), uid = user.Text("as-uid");
        if (name is null && (groups.Length > 0 || uid is not null || extra.Count > 0))
            throw KubeConfig.Error($"The {user} impersonates groups, a UID or extra, but no user.", "Set 'as' too.");
        return name is null ? null : new Impersonation(name) { Groups = groups, Uid = uid, Extra = extra };
    }

    private static ClientCertificate? ReadCertificate(KubeConfig.Entry user)
    {
        (string Pem, string Where)? certificate = KubernetesConnection.ReadPem(user, "client-certificate"), key = KubernetesConnection.ReadPem(user, "client-key");
        return (certificate, key) switch
        {
            (null, null) => null,
            (null, _) => throw KubeConfig.Error($"The {user} has a client-key and no client-certificate.", "Set both."),
            (_, null) => throw KubeConfig.Error($"The {user} has a client-certificate and no client-key.", "Set both."),
            var (c, k) => ClientCertificate.Load(c.Value.Pem, k.Value.Pem, c.Value.Where == k.Value.Where ? c.Value.Where : $"the {user} ({c.Value.Where}, {k.Value.Where})"),
        };
    }

    private static string[] Texts(JsonArray? list) => [.. (list ?? []).OfType<JsonValue>().Select(static value => value.ToString())];
}
