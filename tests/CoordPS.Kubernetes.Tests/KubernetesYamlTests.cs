using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes.Tests;

public class KubernetesYamlTests
{
    /// <summary>The right side is what kubectl 1.32 makes of the left.</summary>
    [Theory]
    [InlineData("y", "true")]
    [InlineData("yes", "true")]
    [InlineData("on", "true")]
    [InlineData("Off", "false")]
    [InlineData("0755", "493")]
    [InlineData("0777_7", "4095")]
    [InlineData("0o17", "15")]
    [InlineData("0b11", "3")]
    [InlineData("0x1F", "31")]
    [InlineData("-0x10", "-16")]
    [InlineData("1_000", "1000")]
    [InlineData("1e3", "1e3")]
    [InlineData("08", "8")]
    [InlineData("09.5", "9.5")]
    [InlineData("1.10", "1.10")]
    [InlineData("+5", "5")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5")]
    [InlineData("-0", "0")]
    [InlineData("~", "null")]
    [InlineData("1e400", "\"1e400\"")]
    [InlineData("2001-01-01", "\"2001-01-01\"")]
    [InlineData("12:30:45", "\"12:30:45\"")]
    [InlineData("_1", "\"_1\"")]
    [InlineData("=", "\"=\"")]
    [InlineData("\"1\"", "\"1\"")]
    [InlineData("'yes'", "\"yes\"")]
    [InlineData("!!str 5", "\"5\"")]
    public void Scalars_have_the_types_that_kubectl_gives_them(string yaml, string json)
    {
        JsonNode? value = KubernetesYaml.Read($"{{apiVersion: v1, kind: K, x: {yaml}}}").Single().Json["x"];
        Assert.Equal(json, value?.ToJsonString() ?? "null");
    }

    [Fact]
    public void Documents_lists_anchors_and_merge_keys_are_read()
    {
        KubernetesObject[] read = [.. KubernetesYaml.Read("""
            # only a comment
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a, labels: &labels {app: web, tier: front}}
            ---
            ---
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: ConfigMap
              metadata:
                name: b
                labels: &more {x: one}
            - apiVersion: v1
              kind: ConfigMapList
              items:
              - metadata: {name: c, labels: {<<: *more, z: two}}
            """)];
        Assert.Equal(["a", "b", "c"], read.Select(o => o.Name));
        Assert.Equal(("v1", "ConfigMap", "one", "two"), (read[2].ApiVersion, read[2].Kind, read[2].Labels["x"], read[2].Labels["z"]));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: [", "deploy.yaml, line ")]
    [InlineData("apiVersion: v1\nkind: K\nkind: L", "deploy.yaml, line 3, column 1: The key 'kind' is there twice")]
    [InlineData("- a\n- b", "deploy.yaml, line 1: a Kubernetes object is a mapping")]
    [InlineData("a: 1\n---\n\nkind: K", "the object has no apiVersion")]
    [InlineData("apiVersion: v1\nmetadata: {}", "deploy.yaml, line 1: the object has no kind")]
    [InlineData("apiVersion: v1\nkind: K\nx: .inf", "line 3, column 4: JSON has no number '.inf'")]
    [InlineData("apiVersion: v1\nkind: K\nx: *none", "line 3")]
    public void Errors_tell_file_line_and_column(string yaml, string message)
    {
        FormatException e = Assert.Throws<FormatException>(() => KubernetesYaml.Read(yaml, "deploy.yaml").ToArray());
        Assert.StartsWith("deploy.yaml, line ", e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_that_grows_without_end_is_refused()
    {
        string bomb = "apiVersion: v1\nkind: K\na: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat("bcdefgh".Select((c, i) => $"{c}: &{c} [{string.Join(',', Enumerable.Repeat($"*{(char)('a' + i)}", 10))}]\n"));
        Assert.Contains("values", Assert.Throws<FormatException>(() => KubernetesYaml.Read(bomb).ToArray()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    [InlineData("1e3")]
    [InlineData("0123")]
    [InlineData("0x1f")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("")]
    [InlineData(" padded ")]
    [InlineData("a: b")]
    [InlineData("- a")]
    [InlineData("#no")]
    [InlineData("a #b")]
    [InlineData("*a")]
    [InlineData("{x}")]
    [InlineData("'quoted\"")]
    [InlineData("2001-01-01")]
    [InlineData("12:30")]
    [InlineData("1_000")]
    [InlineData(".5")]
    [InlineData("---")]
    [InlineData("tab\there")]
    [InlineData("nul\0bell\a")]
    [InlineData("\u00fc\u4e2d\ud83d\ude00")]
    [InlineData("one\ntwo\n")]
    [InlineData("one\ntwo")]
    [InlineData("one\n\n\ntwo\n\n")]
    [InlineData("  indented\nfirst")]
    [InlineData("\nfirst empty")]
    [InlineData("trailing \nspace")]
    [InlineData("cr\r\nlf")]
    [InlineData("\n")]
    [InlineData("#!/bin/sh\necho 'a'\n\tindented\n")]
    [InlineData("very long very long very long very long very long very long very long very long very long very long very long very long very long very long")]
    public void Text_stays_text_in_a_round_trip(string text)
    {
        var value = new KubernetesObject("v1", "ConfigMap", "a");
        value.Json["data"] = new JsonObject { ["x"] = text, [text] = "key", ["list"] = new JsonArray(text, new JsonObject { ["in"] = text }) };
        KubernetesObject read = KubernetesYaml.Read(KubernetesYaml.Write(value)).Single();
        Assert.True(JsonNode.DeepEquals(value.Json, read.Json), KubernetesYaml.Write(value));
    }

    [Fact]
    public void What_is_written_looks_as_people_write_it()
    {
        KubernetesObject value = KubernetesObject.Parse("""
            {"status":{"x":1},"spec":{"on":true,"n":1.50,"empty":{},"none":[],"args":["-c","echo"],"script":"one\ntwo\n"},"metadata":{"name":"a","annotations":{"n":"1"}},"kind":"K","apiVersion":"v1"}
            """);
        Assert.Equal("""
            apiVersion: v1
            kind: K
            metadata:
              name: a
              annotations:
                "n": "1"
            spec:
              "on": true
              "n": 1.50
              empty: {}
              none: []
              args:
              - -c
              - echo
              script: |
                one
                two
            status:
              x: 1

            """, KubernetesYaml.Write(value));
    }
}
