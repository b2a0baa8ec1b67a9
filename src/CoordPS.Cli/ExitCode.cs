namespace CoordPS.Cli;

/// <summary>The exit codes, which for the server are those of Apache's.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>Something failed while it ran.</summary>
    public const int Failure = 1;

    /// <summary>Wrong arguments or a wrong configuration.</summary>
    public const int Usage = 2;

    /// <summary>The data directory cannot be used, or holds something that cannot be read.</summary>
    public const int Data = 3;
}
