using Xunit;

namespace CoordPS.Testing;

/// <summary>A theory that needs Linux's signals and /proc, and is skipped elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips elsewhere.</summary>
    public LinuxTheoryAttribute() => Skip = OperatingSystem.IsLinux() ? null : "needs Linux: processes are suspended by signals";
}
