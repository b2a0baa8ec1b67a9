using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Admin;

/// <summary>
/// The admin HTTP endpoint: JSON under <c>/commands</c>, Prometheus text at <c>/metrics</c>; and the second endpoint for
/// <c>/metrics</c> alone when a <c>zoo.cfg</c> names Apache's PrometheusMetricsProvider.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private const string Html = "text/html; charset=utf-8";
    private readonly AdminCommands _commands;
    private readonly IServerInspection _server;
    private readonly HttpEndpoint? _main;
    private readonly HttpEndpoint? _metrics;

    private AdminServer(IServerInspection server, ILogger logger)
    {
        _server = server;
        _commands = new AdminCommands(server);
        var config = server.Config;
        if (config.AdminServerEnabled)
        {
            _main = Listen(
                config.AdminServerAddress, config.AdminServerPort, "admin.serverPort", "; admin.enableServer=false turns it off", Answer, logger);
        }

        if (config.MetricsHttpPort is { } port)
        {
            _metrics = Listen(config.MetricsHttpHost, port, "metricsProvider.httpPort", "", AnswerMetrics, logger);
        }

        HttpEndpoint? Listen(
            string host, int listenPort, string key, string hint, Func<HttpExchangeRequest, HttpExchangeResponse> handler, ILogger log)
        {
            try
            {
                var endpoint = new HttpEndpoint(
                    Resolve(host), listenPort, TimeSpan.FromMilliseconds(config.AdminIdleTimeout), handler, log);
                log.LogInformation("Admin endpoint listens on {EndPoint}", endpoint.EndPoint);
                return endpoint;
            }
            catch (SocketException e)
            {
                // As with Apache's members, one that cannot be inspected serves all the same.
                log.LogWarning(
                    "Admin endpoint does not run: {Address}:{Port}: {Error}. Set {Key} to a free port{Hint}", host, listenPort, e.Message, key, hint);
                return null;
            }
        }
    }

    /// <summary>Where the admin endpoint listens; null when it is off or its port was taken.</summary>
    public IPEndPoint? EndPoint => _main?.EndPoint;

    /// <summary>Where the endpoint for metrics alone listens; null when there is none or its port was taken.</summary>
    public IPEndPoint? MetricsEndPoint => _metrics?.EndPoint;

    /// <summary>Starts what the server's configuration asks for. A port that is taken is logged and does not stop the server.</summary>
    /// <param name="server">What to show.</param>
    /// <param name="logger">Where to log.</param>
    /// <returns>The endpoints; dispose of them to stop.</returns>
    public static AdminServer Start(IServerInspection server, ILogger logger) => new(server, logger);

    public async ValueTask DisposeAsync()
    {
        if (_main is not null)
        {
            await _main.DisposeAsync().ConfigureAwait(false);
        }

        if (_metrics is not null)
        {
            await _metrics.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out var address)
            ? address
            : Dns.GetHostAddresses(host) is [var first, ..] ? first : throw new SocketException((int)SocketError.HostNotFound);

    private HttpExchangeResponse Answer(HttpExchangeRequest request)
    {
        var prefix = _server.Config.AdminCommandUrl;
        if (request.Path == prefix || request.Path == prefix + "/")
        {
            var links = new StringBuilder();
            foreach (var name in _commands.Names)
            {
                links.Append("<a href=\"").Append(prefix).Append('/').Append(name).Append("\">").Append(name).Append("</a>\n<br/>\n");
            }

            return new HttpExchangeResponse(HttpStatusCode.OK, Html, Encoding.UTF8.GetBytes(links.ToString()));
        }

        return request.Path.StartsWith(prefix + "/", StringComparison.Ordinal)
            ? new HttpExchangeResponse(HttpStatusCode.OK, "application/json", _commands.Run(request.Path[(prefix.Length + 1)..]))
            : AnswerMetrics(request);
    }

    private HttpExchangeResponse AnswerMetrics(HttpExchangeRequest request) => request.Path == "/metrics"
        ? new HttpExchangeResponse(
            HttpStatusCode.OK, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(MetricsReport.Prometheus(_server)))
        : new HttpExchangeResponse(
            HttpStatusCode.NotFound, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes($"Nothing here; see {_server.Config.AdminCommandUrl} and /metrics\n"));
}
