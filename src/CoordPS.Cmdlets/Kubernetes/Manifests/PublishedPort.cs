using System.Globalization;
using System.Text.RegularExpressions;

namespace CoordPS.Cmdlets;

/// <summary>A port of a service and of the container behind it: <c>8080</c>, <c>80:8080</c>, <c>http=80:8080/TCP</c>.</summary>
/// <param name="Name">What it is called; null for one that needs no name.</param>
/// <param name="ServicePort">The service's.</param>
/// <param name="ContainerPort">The container's.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
internal sealed partial record PublishedPort(string? Name, int ServicePort, int ContainerPort, string Protocol)
{
    /// <summary>Reads them; where there are several, those without a name get one, as Kubernetes asks for.</summary>
    /// <exception cref="FormatException">One is none, or two collide.</exception>
    public static IReadOnlyList<PublishedPort> ParseAll(IReadOnlyList<string> texts)
    {
        List<PublishedPort> ports = [.. texts.Select(Parse)];
        if (ports.Count > 1)
            ports = [.. ports.Select(static port => port.Name is null ? port with { Name = $"{port.Protocol.ToLowerInvariant()}-{port.ServicePort}" } : port)];
        if (ports.GroupBy(static port => (port.ServicePort, port.Protocol)).FirstOrDefault(static same => same.Count() > 1) is { } twice)
            throw new FormatException($"Port {twice.Key.ServicePort}/{twice.Key.Protocol} is given twice.");
        if (ports.Where(static port => port.Name is not null).GroupBy(static port => port.Name).FirstOrDefault(static same => same.Count() > 1) is { } named)
            throw new FormatException($"Two ports are called '{named.Key}'.");
        return ports;
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PublishedPort Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success)
            throw new FormatException($"'{text}' is no port: write 8080, 80:8080 (the service's and the container's), or http=80:8080/TCP.");
        int service = Number(match.Groups["service"].Value);
        return new PublishedPort(
            match.Groups["name"].Success ? match.Groups["name"].Value : null,
            service,
            match.Groups["container"].Success ? Number(match.Groups["container"].Value) : service,
            match.Groups["protocol"].Success ? match.Groups["protocol"].Value.ToUpperInvariant() : "TCP");

        int Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and < 65536
            ? number
            : throw new FormatException($"'{text}' is no port: ports are numbers from 1 to 65535.");
    }

    [GeneratedRegex("^((?<name>[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?)=)?(?<service>[0-9]{1,5})(:(?<container>[0-9]{1,5}))?(/(?<protocol>TCP|UDP|SCTP))?\\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
