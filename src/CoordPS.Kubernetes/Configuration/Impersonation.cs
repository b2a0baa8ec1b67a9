namespace CoordPS.Kubernetes;

/// <summary>Somebody to act as; the user of the connection must be allowed to impersonate them.</summary>
/// <param name="User">The user's name.</param>
public sealed record Impersonation(string User)
{
    /// <summary>The user's groups.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The user's UID; null for none.</summary>
    public string? Uid { get; init; }

    /// <summary>More about the user, by key.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}
