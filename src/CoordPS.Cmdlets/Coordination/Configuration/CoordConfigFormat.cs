namespace CoordPS;

/// <summary>What a configuration is written as.</summary>
public enum CoordConfigFormat
{
    /// <summary>JSON.</summary>
    Json,

    /// <summary>YAML.</summary>
    Yaml,

    /// <summary>Environment variables, one <c>NAME=value</c> a line: <c>db/host</c> is <c>DB__HOST</c>.</summary>
    Environment,

    /// <summary>The manifest of a Kubernetes ConfigMap in YAML, whose entries are those variables.</summary>
    ConfigMap,
}
