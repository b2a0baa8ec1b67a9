using System.Security.Cryptography;
using System.Text;

namespace CoordPS.Protocol;

/// <summary>The digest scheme's identities: <c>user:base64(sha1(user:password))</c>, as Apache's DigestAuthenticationProvider makes them.</summary>
public static class DigestIdentity
{
    /// <summary>The identity of <c>user:password</c>.</summary>
    /// <param name="userAndPassword">User, colon, password: what a client sends as its credentials.</param>
    public static string Generate(string userAndPassword)
    {
        ArgumentNullException.ThrowIfNull(userAndPassword);
        // SHA-1 is the scheme's definition, not a choice.
        byte[] hash = SHA1.HashData(Encoding.UTF8.GetBytes(userAndPassword));
        string user = userAndPassword.Split(':', 2)[0];
        return $"{user}:{Convert.ToBase64String(hash)}";
    }
}
