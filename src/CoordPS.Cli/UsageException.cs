namespace CoordPS.Cli;

/// <summary>The command line is wrong; the message says how and where to read more.</summary>
internal sealed class UsageException(string message) : Exception(message);
