using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CoordPS.Cmdlets;

/// <summary>
/// How to ask a container whether it is well: <c>/healthz</c>, <c>/healthz:8081</c>, <c>https:/healthz</c>, <c>tcp</c>, <c>tcp:5432</c>, or
/// <c>exec:COMMAND</c>, which a shell runs.
/// </summary>
internal static partial class ProbeText
{
    /// <summary>The part of a probe that says what is asked.</summary>
    /// <param name="text">The probe.</param>
    /// <param name="port">The port it asks where it names none; null when there is none.</param>
    /// <exception cref="FormatException">It is none, or has no port.</exception>
    public static JsonObject Parse(string text, int? port)
    {
        if (text.StartsWith("exec:", StringComparison.OrdinalIgnoreCase) && text.Length > 5)
            return Exec(text[5..].Trim());
        if (Tcp().Match(text) is { Success: true } tcp)
            return new JsonObject { ["tcpSocket"] = new JsonObject { ["port"] = PortOf(tcp) } };
        if (Http().Match(text) is { Success: true } http)
        {
            var get = new JsonObject { ["path"] = http.Groups["path"].Value, ["port"] = PortOf(http) };
            if (http.Groups["scheme"].Value.Equals("https", StringComparison.OrdinalIgnoreCase))
                get["scheme"] = "HTTPS";
            return new JsonObject { ["httpGet"] = get };
        }

        throw new FormatException($"'{text}' is no probe: write /healthz, /healthz:8081, https:/healthz, tcp, tcp:5432, or exec:COMMAND.");

        int PortOf(Match match) => match.Groups["port"].Success
            ? int.TryParse(match.Groups["port"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given is > 0 and < 65536
                ? given
                : throw new FormatException($"'{text}' names no port from 1 to 65535.")
            : port ?? throw new FormatException($"Probe '{text}' needs a port: name one ({text}:8080), or give -Port.");
    }

    /// <summary>A probe by a shell's command.</summary>
    public static JsonObject Exec(string command) => new() { ["exec"] = new JsonObject { ["command"] = new JsonArray("/bin/sh", "-c", command) } };

    [GeneratedRegex("^tcp(:(?<port>[0-9]{1,5}))?\\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tcp();

    [GeneratedRegex("^((?<scheme>https?):)?(?<path>/[^:\\s]*)(:(?<port>[0-9]{1,5}))?\\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Http();
}
