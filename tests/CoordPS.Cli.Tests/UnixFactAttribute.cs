namespace CoordPS.Cli.Tests;

/// <summary>A test that ends a process in good order, with a signal that Windows does not have.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "SIGTERM is a signal of Unix" : null;
}
