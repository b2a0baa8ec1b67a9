using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that ends what this runspace takes part in, found by its path or given as it was emitted.</summary>
public abstract class ExitCmdlet : RecipeCmdlet
{
    private protected const string PathSet = "Path";

    /// <summary>What to end: the objects given, and for each path the newest of this runspace; a path without one is an error.</summary>
    /// <param name="given">The objects.</param>
    /// <param name="paths">The paths.</param>
    /// <param name="pathOf">The path of one.</param>
    /// <param name="missing">The error for a path without one.</param>
    private protected List<T> Find<T>(IEnumerable<T> given, string[] paths, Func<T, string> pathOf, Func<string, CoordException> missing)
        where T : class, IHeld
    {
        List<T> found = [.. given];
        foreach (string path in paths)
        {
            if (RunspaceState.Current.Held.Find<T>(one => pathOf(one) == path && (Session is null || one.Session == Session) && !found.Contains(one)) is { } held)
                found.Add(held);
            else
                WriteError(missing(path), path);
        }

        return found;
    }

    /// <summary>The error for a path that nothing was taken of.</summary>
    private protected static CoordException Missing(string id, string path, string message, string action) => new(id, ErrorCode.NoNode, message, action, path);
}
