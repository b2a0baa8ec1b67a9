using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>One cause of an error: a field and what is wrong with it.</summary>
/// <param name="Reason">The reason, such as <c>FieldValueInvalid</c> or <c>FieldManagerConflict</c>.</param>
/// <param name="Field">The field's path; empty if the server names none.</param>
/// <param name="Message">What is wrong.</param>
public sealed record KubernetesErrorCause(string Reason, string Field, string Message)
{
    /// <summary>For a conflict of server-side apply the manager that owns the field; else null.</summary>
    public string? Manager { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Manager is not null ? $"{Field} is managed by \"{Manager}\"" : Field.Length == 0 ? Message : $"{Field}: {Message}";
}

/// <summary>The Kubernetes API, or what is needed to reach it, refused or failed.</summary>
public sealed class KubernetesException : Exception
{
    internal KubernetesException(KubernetesErrorKind kind, string message, string recommendedAction, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        RecommendedAction = recommendedAction;
    }

    /// <summary>What went wrong.</summary>
    public KubernetesErrorKind Kind { get; }

    /// <summary>What to do about it.</summary>
    public string RecommendedAction { get; }

    /// <summary>The HTTP status; null when there was no answer.</summary>
    public int? StatusCode { get; internal init; }

    /// <summary>The <c>reason</c> of the server's Status, such as <c>NotFound</c>; the name of <see cref="Kind"/> when there was no answer.</summary>
    public string Reason
    {
        get => field ?? Kind.ToString();
        internal init;
    }

    /// <summary>The causes that the server gives, field by field.</summary>
    public IReadOnlyList<KubernetesErrorCause> Causes { get; internal init; } = [];

    /// <summary>What it is about, such as <c>deployments.apps "web" in namespace shop</c>; null if no object is.</summary>
    public string? Target { get; internal init; }

    /// <summary>The server; null when it was not known yet.</summary>
    public Uri? Server { get; internal init; }

    /// <summary>How long the server asked to wait; null if it did not.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>The token with which the server offers to go on with a list whose version it forgot; null if it does not.</summary>
    internal string? ContinueToken { get; init; }

    /// <summary>Whether the same request may succeed a little later: the server was away, busy or starting.</summary>
    public bool IsTransient => Kind is KubernetesErrorKind.Unreachable or KubernetesErrorKind.TooManyRequests or KubernetesErrorKind.Timeout
        || StatusCode is 500 or 502 or 503 or 504;

    /// <summary>The error for a Status of the server.</summary>
    internal static KubernetesException FromStatus(JsonObject? status, int code, string verb, string target, Uri server, TimeSpan? retryAfter, string? detail = null)
    {
        string reason = status.Text("reason") ?? "";
        JsonObject? details = status.Object("details");
        KubernetesErrorCause[] causes = [.. details.Objects("causes").Select(Cause)];
        KubernetesErrorKind kind = KindOf(code, reason);
        string said = detail ?? status.Text("message") ?? "";
        string message = kind switch
        {
            KubernetesErrorKind.Conflict when causes.Any(static c => c.Manager is not null) =>
                $"Can't {verb} {target}: {string.Join("; ", causes.Select(static c => c.ToString()))}.",
            KubernetesErrorKind.NotFound when said.Length == 0 || said.Contains("could not find the requested resource", StringComparison.Ordinal) =>
                $"Can't {verb} {target}: the server does not serve it.",
            KubernetesErrorKind.Invalid when causes.Length > 0 => $"Can't {verb} {target}: {string.Join("; ", causes.Select(static c => c.ToString()))}.",
            _ => $"Can't {verb} {target}: {(said.Length > 0 ? said.TrimEnd('.') : $"the server answered {code}")}.",
        };
        return new KubernetesException(kind, message, ActionFor(kind, code, causes))
        {
            StatusCode = code,
            Reason = reason.Length > 0 ? reason : kind.ToString(),
            Causes = causes,
            Target = target,
            Server = server,
            RetryAfter = retryAfter,
            ContinueToken = status.Object("metadata").Text("continue") is { Length: > 0 } token ? token : null,
        };
    }

    private static KubernetesErrorCause Cause(JsonObject json)
    {
        string reason = json.Text("reason") ?? "", message = json.Text("message") ?? "";
        // conflict with "manager" using apps/v1 at 2024-…: the manager's name is in the text only.
        int start = message.IndexOf('"', StringComparison.Ordinal), end = start < 0 ? -1 : message.IndexOf('"', start + 1);
        return new KubernetesErrorCause(reason, json.Text("field") ?? "", message)
        {
            Manager = reason != "FieldManagerConflict" ? null : end > start ? message[(start + 1)..end] : "",
        };
    }

    private static KubernetesErrorKind KindOf(int code, string reason) => (code, reason) switch
    {
        (_, "AlreadyExists") => KubernetesErrorKind.AlreadyExists,
        (_, "Expired" or "Gone") or (410, _) => KubernetesErrorKind.Expired,
        (400 or 413 or 415 or 422, _) => KubernetesErrorKind.Invalid,
        (401, _) => KubernetesErrorKind.Unauthorized,
        (403, _) => KubernetesErrorKind.Forbidden,
        (404, _) => KubernetesErrorKind.NotFound,
        (409, _) => KubernetesErrorKind.Conflict,
        (429, _) => KubernetesErrorKind.TooManyRequests,
        (504, _) or (_, "Timeout" or "ServerTimeout") => KubernetesErrorKind.Timeout,
        ( >= 500, _) => KubernetesErrorKind.ServerError,
        _ => KubernetesErrorKind.Other,
    };

    private static string ActionFor(KubernetesErrorKind kind, int code, KubernetesErrorCause[] causes) => kind switch
    {
        KubernetesErrorKind.Unauthorized => "Check the user of the kubeconfig's context: its token may have expired, or its certificate may be of another cluster.",
        KubernetesErrorKind.Forbidden => "Ask for a Role or ClusterRole that allows it, or use another context or namespace.",
        KubernetesErrorKind.NotFound => "Check the name, the namespace and the context.",
        KubernetesErrorKind.AlreadyExists => "Apply it instead, or choose another name.",
        KubernetesErrorKind.Conflict when causes.Any(static c => c.Manager is not null) =>
            "Leave those fields out, agree with their manager, or force the apply to take them over.",
        KubernetesErrorKind.Conflict => "Read the object again, and change what is there now.",
        KubernetesErrorKind.Invalid when code == 415 => "The server does not know this kind of patch; server-side apply needs Kubernetes 1.16 or newer.",
        KubernetesErrorKind.Invalid => "Correct the fields named.",
        KubernetesErrorKind.Expired => "List again.",
        KubernetesErrorKind.TooManyRequests or KubernetesErrorKind.Timeout or KubernetesErrorKind.ServerError => "Try again later; if it lasts, look at the API server's log.",
        _ => "See the server's message.",
    };

    /// <summary>The Status in a body; null if there is none.</summary>
    internal static JsonObject? ParseStatus(string body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject json && json.Text("kind") == "Status" ? json : null;
        }
        catch (JsonException)
        {
            // What a proxy before the server wrote is no Status.
            return null;
        }
    }
}
