using System.Globalization;
using System.Text;

namespace CoordPS.Server;

/// <summary>A configuration that a server cannot start with. The message names the file, line, key and value, and says what is allowed.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ConfigException()
        : base("The configuration is not valid.")
    {
    }

    /// <summary>Creates the exception with a problem that belongs to no single setting.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    public ConfigException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ConfigException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal ConfigException(string? file, int line, string? key, string? value, string problem, Exception? innerException = null)
        : base(Describe(file, line, key, value, problem), innerException)
    {
        File = file;
        Line = line;
        Key = key;
        Value = value;
    }

    /// <summary>The file the setting was read from, or null.</summary>
    public string? File { get; }

    /// <summary>The line of the setting, counted from 1; 0 when no line is to blame.</summary>
    public int Line { get; }

    /// <summary>The key, or null when no single key is to blame.</summary>
    public string? Key { get; }

    /// <summary>The value as written, or null.</summary>
    public string? Value { get; }

    private static string Describe(string? file, int line, string? key, string? value, string problem)
    {
        var text = new StringBuilder();
        if (file is not null)
        {
            text.Append(file);
            if (line > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $", line {line}");
            }

            text.Append(": ");
        }

        if (key is not null)
        {
            text.Append(key);
            if (value is not null)
            {
                text.Append('=').Append(value);
            }

            text.Append(": ");
        }

        return text.Append(problem).ToString();
    }
}
