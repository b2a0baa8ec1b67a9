using System.Globalization;

namespace CoordPS.Cli;

/// <summary>The arguments of a subcommand: <c>--name value</c>, <c>--name=value</c>, <c>--flag</c> and the rest, in any order.</summary>
/// <remarks>Written by hand because a parser library would cost the server a good part of its start-up time.</remarks>
internal sealed class Arguments
{
    private readonly string _command;
    private readonly List<string> _rest;

    public Arguments(string command, ReadOnlySpan<string> args)
    {
        _command = command;
        _rest = [.. args];
    }

    public bool WantsHelp => _rest.Contains("--help") || _rest.Contains("-h");

    public bool Flag(string name) => _rest.Remove(name);

    /// <summary>An option's value, or null.</summary>
    public string? Text(string name)
    {
        for (var i = 0; i < _rest.Count; i++)
        {
            if (_rest[i] == name)
            {
                if (i + 1 == _rest.Count || _rest[i + 1].StartsWith("--", StringComparison.Ordinal))
                {
                    throw Wrong($"{name} needs a value");
                }

                var value = _rest[i + 1];
                _rest.RemoveRange(i, 2);
                return value;
            }

            if (_rest[i].StartsWith(name + "=", StringComparison.Ordinal))
            {
                var value = _rest[i][(name.Length + 1)..];
                _rest.RemoveAt(i);
                return value;
            }
        }

        return null;
    }

    public int Int32(string name, int fallback, int min, int max = int.MaxValue)
    {
        var text = Text(name);
        return text is null ? fallback
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
            : throw Wrong($"{name} {text}: must be a whole number {(max == int.MaxValue ? $"of at least {min}" : $"from {min} to {max}")}");
    }

    /// <summary>A time in seconds, which may have decimals.</summary>
    public TimeSpan Seconds(string name, double fallback)
    {
        var text = Text(name);
        return text is null ? TimeSpan.FromSeconds(fallback)
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= 1e6
                ? TimeSpan.FromSeconds(value)
                : throw Wrong($"{name} {text}: must be seconds");
    }

    /// <summary>One of several words.</summary>
    public string Choice(string name, string fallback, params ReadOnlySpan<string> choices)
    {
        var text = Text(name) ?? fallback;
        return choices.Contains(text) ? text : throw Wrong($"{name} {text}: must be one of {string.Join(", ", choices!)}");
    }

    /// <summary>The arguments that are no options, once all options have been taken; any option left is unknown.</summary>
    public IReadOnlyList<string> Positional(int count, string what)
    {
        if (_rest.Find(a => a.StartsWith('-') && a != "-") is { } unknown)
        {
            throw Wrong($"unknown option {unknown}");
        }

        return _rest.Count == count ? _rest : throw Wrong(count == 0 ? $"unexpected '{_rest[0]}'" : $"needs {what}");
    }

    /// <summary>The one argument that is no option, or null, once all options have been taken.</summary>
    public string? Optional(string what) => Positional(Math.Min(1, _rest.Count), what) is [var one] ? one : null;

    /// <summary>The arguments that are no options, one at least, once all options have been taken.</summary>
    public IReadOnlyList<string> Positionals(string what) => Positional(Math.Max(1, _rest.Count), what);

    public UsageException Wrong(string problem) => new($"coordps {_command}: {problem}; see 'coordps {_command} --help'");
}
