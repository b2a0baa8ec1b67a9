namespace CoordPS.Kubernetes.Tests;

public class DifferenceTests
{
    private const string Before = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop, uid: a, resourceVersion: "1", generation: 1, managedFields: [{manager: x}], annotations: {deployment.kubernetes.io/revision: "1"}}
        spec:
          replicas: 1
          template:
            spec:
              containers:
              - {name: side, image: 'side:1'}
              - {name: app, image: 'app:1', env: [{name: A, value: "1"}]}
        status: {replicas: 1}
        """;

    [Fact]
    public void What_the_server_keeps_for_itself_is_no_difference()
    {
        KubernetesObject after = Yaml(Before.Replace("uid: a, resourceVersion: \"1\", generation: 1", "uid: b, resourceVersion: \"2\", generation: 2", StringComparison.Ordinal)
            .Replace("manager: x", "manager: y", StringComparison.Ordinal).Replace("revision: \"1\"", "revision: \"2\"", StringComparison.Ordinal).Replace("status: {replicas: 1}", "status: {}", StringComparison.Ordinal));
        Assert.Empty(ObjectDifference.Compare(Yaml(Before), after));
        Assert.Equal("", ObjectDifference.ToText(Yaml(Before), after));
    }

    [Fact]
    public void Fields_are_named_by_their_path_and_list_elements_by_their_name()
    {
        KubernetesObject after = Yaml(Before.Replace("replicas: 1\n", "replicas: 3\n", StringComparison.Ordinal).Replace("app:1", "app:2", StringComparison.Ordinal).Replace("{name: A, value: \"1\"}", "{name: B, value: \"1\"}", StringComparison.Ordinal));
        Assert.Equal(
            ["spec.replicas: 1 -> 3", "spec.template.spec.containers[app].image: \"app:1\" -> \"app:2\"",
             "spec.template.spec.containers[app].env[A]: {\"name\":\"A\",\"value\":\"1\"} -> (none)", "spec.template.spec.containers[app].env[B]: (none) -> {\"name\":\"B\",\"value\":\"1\"}"],
            ObjectDifference.Compare(Yaml(Before), after).Select(c => c.ToString()));
    }

    [Fact]
    public void The_text_is_a_unified_diff()
    {
        KubernetesObject after = Yaml(Before.Replace("replicas: 1\n", "replicas: 3\n", StringComparison.Ordinal).Replace("app:1", "app:2", StringComparison.Ordinal));
        Assert.Equal("""
            --- live Deployment.apps/web in namespace shop
            +++ applied Deployment.apps/web in namespace shop
            @@ -4,14 +4,14 @@
               name: web
               namespace: shop
             spec:
            -  replicas: 1
            +  replicas: 3
               template:
                 spec:
                   containers:
                   - name: side
                     image: side:1
                   - name: app
            -        image: app:1
            +        image: app:2
                     env:
                     - name: A
                       value: "1"

            """, ObjectDifference.ToText(Yaml(Before), after));
    }

    [Fact]
    public void An_object_that_is_new_or_gone_is_all_added_or_removed()
    {
        KubernetesObject value = new("v1", "ConfigMap", "a");
        Assert.Equal("--- live ConfigMap/a\n+++ applied ConfigMap/a\n@@ -0,0 +1,4 @@\n+apiVersion: v1\n+kind: ConfigMap\n+metadata:\n+  name: a\n", ObjectDifference.ToText(null, value));
        Assert.Equal("--- live ConfigMap/a\n+++ applied ConfigMap/a\n@@ -1,4 +0,0 @@\n-apiVersion: v1\n-kind: ConfigMap\n-metadata:\n-  name: a\n", ObjectDifference.ToText(value, null));
    }

    [Fact]
    public void What_is_in_a_secret_is_not_shown()
    {
        KubernetesObject before = Yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: b2xk, same: c2FtZQ==}}"), after = Yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: bmV3, same: c2FtZQ==}}");
        Assert.Equal("data.a: \"*** (before)\" -> \"*** (after)\"", Assert.Single(ObjectDifference.Compare(before, after)).ToString());
        string text = ObjectDifference.ToText(before, after);
        Assert.DoesNotContain("b2xk", text, StringComparison.Ordinal);
        Assert.DoesNotContain("c2FtZQ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_kubectl_has_kept_of_a_secret_is_not_shown()
    {
        const string kept = "'kubectl.kubernetes.io/last-applied-configuration': '{\"data\":{\"a\":\"b2xk\"}}'";
        KubernetesObject before = Yaml($"{{apiVersion: v1, kind: Secret, metadata: {{name: s, annotations: {{{kept}}}}}}}"),
            after = Yaml($"{{apiVersion: v1, kind: Secret, metadata: {{name: s, annotations: {{{kept}, more: x}}}}}}");
        string text = ObjectDifference.ToText(before, after);
        Assert.Contains("more: x", text, StringComparison.Ordinal);
        Assert.DoesNotContain("b2xk", text, StringComparison.Ordinal);
    }

    private static KubernetesObject Yaml(string text) => KubernetesYaml.Read(text).Single();
}
