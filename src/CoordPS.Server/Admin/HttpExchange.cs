using System.Net;

namespace CoordPS.Server.Admin;

/// <summary>A request to the admin endpoint: the path decoded, without its query.</summary>
internal sealed record HttpExchangeRequest(string Method, string Path, IReadOnlyDictionary<string, string> Query);

/// <summary>What the admin endpoint answers.</summary>
internal sealed record HttpExchangeResponse(HttpStatusCode Status, string ContentType, byte[] Body);
