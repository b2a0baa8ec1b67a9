using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CoordPS.Containers;

/// <summary>A call of the Engine API, with what it is for, which its errors say.</summary>
internal sealed class EngineRequest
{
    private readonly List<(string Name, string Value)> _query = [];
    private readonly List<(string Name, string Value)> _headers = [];

    private EngineRequest(HttpMethod method, string path, string purpose, string? subject)
    {
        Method = method;
        Path = path;
        Purpose = purpose;
        Subject = subject;
    }

    public HttpMethod Method { get; }

    /// <summary>The path after the version, such as <c>containers/json</c>; see <see cref="Escape"/> for names within.</summary>
    public string Path { get; }

    /// <summary>What it does, as in "can't PURPOSE": "list the images", "start the container 'db'".</summary>
    public string Purpose { get; }

    /// <summary>The image, container or other thing that it is about, or null.</summary>
    public string? Subject { get; }

    public HttpContent? Content { get; private set; }

    /// <param name="path">The path after the version.</param>
    /// <param name="purpose">What it does, as in "can't PURPOSE".</param>
    /// <param name="subject">What it is about, or null.</param>
    public static EngineRequest Get(string path, string purpose, string? subject = null) => new(HttpMethod.Get, path, purpose, subject);

    /// <inheritdoc cref="Get"/>
    public static EngineRequest Post(string path, string purpose, string? subject = null) => new(HttpMethod.Post, path, purpose, subject);

    /// <inheritdoc cref="Get"/>
    public static EngineRequest Put(string path, string purpose, string? subject = null) => new(HttpMethod.Put, path, purpose, subject);

    /// <inheritdoc cref="Get"/>
    public static EngineRequest Delete(string path, string purpose, string? subject = null) => new(HttpMethod.Delete, path, purpose, subject);

    /// <summary>A name or reference as a part of a path: all but the slashes and colons that references have is escaped.</summary>
    public static string Escape(string name) =>
        Uri.EscapeDataString(name).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal).Replace("%40", "@", StringComparison.Ordinal);

    /// <summary>Adds a parameter; not one that is null.</summary>
    public EngineRequest With(string name, string? value)
    {
        if (value is not null)
            _query.Add((name, value));
        return this;
    }

    /// <summary>Adds a parameter that is on; the engine's default is off.</summary>
    public EngineRequest With(string name, bool value) => With(name, value ? "1" : null);

    /// <summary>Adds a parameter several times.</summary>
    public EngineRequest With(string name, IEnumerable<string> values)
    {
        foreach (string value in values)
            With(name, value);
        return this;
    }

    /// <summary>Adds a parameter that is JSON.</summary>
    public EngineRequest With<T>(string name, T value, JsonTypeInfo<T> type) => With(name, JsonSerializer.Serialize(value, type));

    /// <summary>Adds <c>filters</c>: names such as <c>label</c>, each with its values. None where there are none.</summary>
    public EngineRequest WithFilters(Dictionary<string, string[]> filters) =>
        filters.Count == 0 ? this : With("filters", filters, EngineJson.Default.DictionaryStringStringArray);

    /// <summary>Adds a header; not one that is null.</summary>
    public EngineRequest WithHeader(string name, string? value)
    {
        if (value is not null)
            _headers.Add((name, value));
        return this;
    }

    /// <summary>Sets the body to JSON.</summary>
    public EngineRequest WithBody<T>(T body, JsonTypeInfo<T> type)
    {
        Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return this;
    }

    /// <summary>Sets the body.</summary>
    public EngineRequest WithBody(HttpContent content)
    {
        Content = content;
        return this;
    }

    internal HttpRequestMessage ToMessage(Uri root, ApiVersion version)
    {
        string query = string.Join('&', _query.Select(static p => $"{Uri.EscapeDataString(p.Name)}={Uri.EscapeDataString(p.Value)}"));
        var message = new HttpRequestMessage(Method, new Uri(root, $"v{version}/{Path}{(query.Length > 0 ? "?" : "")}{query}")) { Content = Content };
        foreach ((string name, string value) in _headers)
            message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }
}
