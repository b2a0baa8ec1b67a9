using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Reflection;

namespace CoordPS.Cmdlets;

/// <summary>The call of the cmdlet that a provider works for.</summary>
internal static class Invocation
{
    /// <summary>
    /// Whether a parameter was given. PowerShell tells a provider neither this nor what <c>-Confirm</c> was, so it is read from where it keeps
    /// it; where that has moved, the answer is no, and the provider asks once more than it need.
    /// </summary>
    public static bool IsBound(CmdletProvider provider, string parameter)
    {
        object? context = Property(typeof(CmdletProvider), "Context")?.GetValue(provider);
        return context is not null && Property(context.GetType(), "MyInvocation")?.GetValue(context) is InvocationInfo invocation
            && invocation.BoundParameters.ContainsKey(parameter);
    }

    private static PropertyInfo? Property(Type type, string name) => type.GetProperty(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
}
