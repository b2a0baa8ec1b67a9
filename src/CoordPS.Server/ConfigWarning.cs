namespace CoordPS.Server;

/// <summary>Something in a configuration that a server starts with all the same, and that its owner should know.</summary>
/// <param name="File">The file, or null when the configuration was given as text.</param>
/// <param name="Line">The line of the setting, counted from 1; 0 when no line is to blame.</param>
/// <param name="Key">The key.</param>
/// <param name="Message">What the server does about it.</param>
public sealed record ConfigWarning(string? File, int Line, string Key, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => (File, Line) switch
    {
        (null, 0) => $"{Key}: {Message}",
        (null, _) => $"line {Line}: {Key}: {Message}",
        (_, 0) => $"{File}: {Key}: {Message}",
        _ => $"{File}, line {Line}: {Key}: {Message}",
    };
}
