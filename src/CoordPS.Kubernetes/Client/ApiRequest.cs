namespace CoordPS.Kubernetes;

/// <summary>One request: what is sent, and what it is called in errors.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Path and query, relative to the server.</param>
/// <param name="Verb">What is done, in plain words: <c>apply</c>.</param>
/// <param name="Target">What it is done to: <c>deployments.apps "web" in namespace shop</c>.</param>
internal sealed record ApiRequest(HttpMethod Method, string Path, string Verb, string Target)
{
    /// <summary>The body; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The body's type.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>What is accepted.</summary>
    public string Accept { get; init; } = "application/json";

    /// <summary>Whether it may be sent again when a connection broke and nobody knows whether it was done.</summary>
    public bool IsRepeatable { get; init; }
}

/// <summary>Builds the query of a URL.</summary>
internal static class Query
{
    /// <summary>The path with those parameters that have a value.</summary>
    public static string With(this string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new System.Text.StringBuilder(path);
        char separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach ((string name, string? value) in parameters)
        {
            if (value is null)
                continue;
            query.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return query.ToString();
    }
}
