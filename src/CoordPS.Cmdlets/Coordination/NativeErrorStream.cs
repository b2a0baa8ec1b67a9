using System.Management.Automation;
using System.Reflection;

namespace CoordPS.Cmdlets;

/// <summary>
/// Passes on what programs wrote to their standard error. To PowerShell that is no error: <c>$ErrorActionPreference</c> and
/// <c>-ErrorAction</c> do not apply to it (since 7.2), and <c>git</c> or <c>docker</c>, which tell their progress there, end no script. A
/// cmdlet has no public way to write it so, and <see cref="Cmdlet.WriteError"/> would make errors of it.
/// </summary>
internal static class NativeErrorStream
{
    private static readonly MethodInfo? Writer = typeof(PSObject).Assembly.GetType("System.Management.Automation.MshCommandRuntime")
        ?.GetMethod("_WriteErrorSkipAllowCheck", BindingFlags.Instance | BindingFlags.NonPublic, [typeof(ErrorRecord), typeof(ActionPreference?), typeof(bool)]);

    /// <summary>Writes an error, or a line that came from a program's standard error.</summary>
    internal static void Write(PSCmdlet cmdlet, ErrorRecord record)
    {
        bool isNative = record.FullyQualifiedErrorId is "NativeCommandError" or "NativeCommandErrorMessage";
        if (isNative && Writer?.DeclaringType?.IsInstanceOfType(cmdlet.CommandRuntime) == true)
            Writer.Invoke(cmdlet.CommandRuntime, BindingFlags.DoNotWrapExceptions, null, [record, ActionPreference.Continue, true], null);
        else
            cmdlet.WriteError(record);
    }
}
