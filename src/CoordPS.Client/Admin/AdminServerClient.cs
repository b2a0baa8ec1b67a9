using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CoordPS.Protocol;

namespace CoordPS.Client.Admin;

/// <summary>Runs commands of a member's AdminServer, such as <c>monitor</c>, over HTTP.</summary>
/// <remarks>Specified by the ZooKeeper Administrator's Guide, "The AdminServer" (3.5.0 and later; port 8080 unless configured).</remarks>
/// <param name="server">The member's host and the port of its AdminServer.</param>
/// <param name="options">How long to wait and how much to read; null for the defaults.</param>
public sealed class AdminServerClient(ServerName server, AdminOptions? options = null)
{
    /// <summary>The port when the member's <c>admin.serverPort</c> says no other.</summary>
    public const int DefaultPort = 8080;

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10) })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    private readonly AdminOptions _options = options ?? new AdminOptions();

    /// <summary>The member's host and the port of its AdminServer.</summary>
    public ServerName Server { get; } = server;

    /// <summary>Runs a command and returns its answer, a JSON object.</summary>
    /// <param name="command">A name such as <c>monitor</c> or its short form <c>mntr</c>.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="AdminException">The AdminServer could not be reached, or answered with an error.</exception>
    public async Task<string> RunAsync(string command, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        var uri = new Uri($"http://{Server}/commands/{Uri.EscapeDataString(command)}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.Timeout);
        try
        {
            using HttpResponseMessage response = await Http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(_options.MaxLength, limit.Token).ConfigureAwait(false);
            string text = await response.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false);
            return Check(command, response.StatusCode, text);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw Failed(command, AdminFailure.NoAnswer, $"it did not answer within {_options.Timeout.TotalMilliseconds:0} ms", "Check the port and that the member runs.", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw Failed(command, AdminFailure.TooLong, $"the answer is longer than {_options.MaxLength} bytes", "Ask for less, or accept longer answers.", e);
        }
        catch (HttpRequestException e)
        {
            throw Failed(
                command, AdminFailure.Unreachable, (e.InnerException as SocketException)?.Message ?? e.Message,
                "Check the port (admin.serverPort in the member's zoo.cfg) and that admin.enableServer is not false.", e);
        }
    }

    private string Check(string command, HttpStatusCode status, string text)
    {
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            throw Failed(command, AdminFailure.NotAllowed, $"it refuses the command ({(int)status})", "The command needs authentication; run it with a tool that has the credentials.");
        string? error;
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            error = json.RootElement.TryGetProperty("error", out JsonElement element) && element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (JsonException e)
        {
            throw Failed(command, AdminFailure.BadAnswer, $"it answered with status {(int)status} and no JSON", "Make sure that this is the port of the AdminServer.", e);
        }

        return error is null ? text : throw Failed(
            command, error.Contains("not currently serving", StringComparison.Ordinal) ? AdminFailure.NotServing : AdminFailure.BadAnswer, error,
            "See the commands that the member knows at /commands.");
    }

    private AdminException Failed(string command, AdminFailure failure, string reason, string action, Exception? inner = null) => new(
        failure, failure == AdminFailure.NotAllowed ? ErrorCode.NoAuth : failure == AdminFailure.BadAnswer ? ErrorCode.BadArguments : ErrorCode.ConnectionLoss,
        $"'{command}' was not answered", reason, $"AdminServer at {Server}", action, inner);
}
