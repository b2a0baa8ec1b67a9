using System.Text;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A configuration as environment variables: <c>db/host</c> is <c>DB__HOST</c>. Letters are upper case outside and lower case inside; what
/// variables can't have becomes an underscore. So names with capitals or other characters don't come back as they were.
/// </summary>
public static class ConfigEnvironment
{
    /// <summary>What stands between the names of a path.</summary>
    public const string DefaultSeparator = "__";

    /// <summary>The variables of the znodes that hold something.</summary>
    /// <param name="values">The bytes by their paths below the root.</param>
    /// <param name="prefix">What all variables begin with.</param>
    /// <param name="separator">What stands between the names of a path.</param>
    /// <exception cref="FormatException">Two znodes would have the same variable, or one holds bytes that are no text.</exception>
    public static IReadOnlyDictionary<string, string> Write(
        IReadOnlyDictionary<string, byte[]?> values, string prefix = "", string separator = DefaultSeparator)
    {
        ArgumentNullException.ThrowIfNull(values);
        SortedDictionary<string, string> variables = new(StringComparer.Ordinal);
        Dictionary<string, string> origins = [];
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        foreach ((string path, byte[]? data) in values)
        {
            if (data is not { Length: > 0 } || path.Length == 0)
                continue;
            string name = prefix + string.Join(separator, path.Split('/').Select(Name));
            if (!origins.TryAdd(name, path))
                throw new FormatException($"'{path}' and '{origins[name]}' would both be the variable {name}. Give another separator, or rename one.");
            try
            {
                variables[name] = strict.GetString(data);
            }
            catch (DecoderFallbackException e)
            {
                throw new FormatException($"'{path}' holds bytes that are no text and can't be the variable {name}.", e);
            }
        }

        return variables;
    }

    /// <summary>The znodes that variables stand for, by their paths below the root; parents before their children.</summary>
    /// <param name="variables">The variables; those that don't begin with the prefix are left out.</param>
    /// <param name="prefix">What all variables begin with.</param>
    /// <param name="separator">What stands between the names of a path.</param>
    public static IReadOnlyDictionary<string, byte[]?> Read(
        IEnumerable<KeyValuePair<string, string>> variables, string prefix = "", string separator = DefaultSeparator)
    {
        ArgumentNullException.ThrowIfNull(variables);
        SortedDictionary<string, byte[]?> values = new(StringComparer.Ordinal) { [""] = null };
        foreach ((string name, string value) in variables)
        {
            if (!name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            string[] parts = name[prefix.Length..].Split(separator, StringSplitOptions.RemoveEmptyEntries);
            for (int i = 1; i < parts.Length; i++)
                values.TryAdd(string.Join('/', parts.Take(i)).ToLowerInvariant(), null);
            if (parts.Length > 0)
                values[string.Join('/', parts).ToLowerInvariant()] = Encoding.UTF8.GetBytes(value);
        }

        return values;
    }

    private static string Name(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
}
