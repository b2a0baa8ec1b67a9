using System.Text;

namespace CoordPS.Client;

/// <summary>Credentials sent on every connection: a scheme and bytes in the scheme's form.</summary>
/// <param name="Scheme">The scheme, such as digest.</param>
/// <param name="Data">The credentials; for digest, <c>user:password</c> in UTF-8.</param>
public sealed record Credential(string Scheme, ReadOnlyMemory<byte> Data)
{
    /// <summary>Credentials of the digest scheme.</summary>
    public static Credential Digest(string user, string password) => new("digest", Encoding.UTF8.GetBytes($"{user}:{password}"));

    /// <summary>The scheme; never the secret.</summary>
    public override string ToString() => $"{Scheme}:***";
}
