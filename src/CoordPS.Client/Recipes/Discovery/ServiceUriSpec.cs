using System.Globalization;
using System.Text;

namespace CoordPS.Client.Recipes;

/// <summary>
/// How a service's URI is made: text with variables in braces, such as <c>{scheme}://{address}:{port}/api</c>. The variables are Curator's:
/// scheme (http, or https when there is a TLS port), name, id, address, port, ssl-port, registration-time-utc, service-type.
/// </summary>
public sealed class ServiceUriSpec : IEquatable<ServiceUriSpec>
{
    internal ServiceUriSpec(IReadOnlyList<(string Value, bool IsVariable)> parts) => Parts = parts;

    internal IReadOnlyList<(string Value, bool IsVariable)> Parts { get; }

    /// <summary>Reads a specification.</summary>
    /// <exception cref="FormatException">A brace has no partner.</exception>
    public static ServiceUriSpec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<(string, bool)> parts = [];
        int at = 0;
        while (at < text.Length)
        {
            int brace = text.IndexOfAny(['{', '}'], at);
            if (brace < 0)
                brace = text.Length;
            if (brace > at)
                parts.Add((text[at..brace], false));
            if (brace == text.Length)
                break;
            int end = text[brace] == '{' ? text.IndexOfAny(['{', '}'], brace + 1) : -1;
            if (end < 0 || text[end] != '}')
                throw new FormatException($"'{text}': the brace at position {brace} has no partner.");
            parts.Add((text[(brace + 1)..end].Trim(), true));
            at = end + 1;
        }

        return new ServiceUriSpec(parts);
    }

    /// <summary>The URI of an instance. A variable that nobody knows becomes nothing.</summary>
    public string Build(ServiceInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var uri = new StringBuilder();
        foreach ((string value, bool isVariable) in Parts)
            uri.Append(isVariable ? Variable(instance, value) : value);
        return uri.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(ServiceUriSpec? other) => other is not null && Parts.SequenceEqual(other.Parts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ServiceUriSpec);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => string.Concat(Parts.Select(part => part.IsVariable ? $"{{{part.Value}}}" : part.Value));

    internal static ServiceUriSpec Default(bool ssl) => Parse(ssl ? "{scheme}://{address}:{ssl-port}" : "{scheme}://{address}:{port}");

    private static string? Variable(ServiceInstance instance, string name) => name switch
    {
        "scheme" => instance.SslPort is null ? "http" : "https",
        "name" => instance.Name,
        "id" => instance.Id,
        "address" => instance.Address,
        "port" => instance.Port?.ToString(CultureInfo.InvariantCulture),
        "ssl-port" => instance.SslPort?.ToString(CultureInfo.InvariantCulture),
        "registration-time-utc" => instance.RegistrationTime.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        "service-type" => ServiceInstanceJson.TypeName(instance.ServiceType).ToLowerInvariant(),
        "[" => "{",
        "]" => "}",
        _ => null,
    };
}
