using System.Management.Automation;
using CoordPS.Containers;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>The problems of local ensembles as errors of cmdlets.</summary>
internal static class HostingErrors
{
    /// <summary>Whether it is a problem of an ensemble rather than of this program.</summary>
    public static bool IsKnown(Exception exception) => exception is LocalEnsembleException or CoordException or DockerException;

    /// <summary>The error that a problem is.</summary>
    public static Exception From(Exception problem) => problem is LocalEnsembleException local ? From(local, "") : problem;

    /// <summary>No quorum serves, or would.</summary>
    public static CoordException NoQuorum(string message, string recommendedAction) =>
        new("NoQuorum", ErrorCode.OperationTimeout, message, recommendedAction, null, null, ErrorCategory.OperationTimeout);

    /// <summary>The error that a problem is.</summary>
    /// <param name="problem">What went wrong.</param>
    /// <param name="context">What it kept from being done, unless the problem names the ensemble itself.</param>
    public static CoordException From(LocalEnsembleException problem, string context)
    {
        (string id, ErrorCode error, ErrorCategory? category) = problem.Problem switch
        {
            LocalEnsembleProblem.Configuration => ("BadConfiguration", ErrorCode.BadArguments, (ErrorCategory?)null),
            LocalEnsembleProblem.Address => ("AddressUnavailable", ErrorCode.BadArguments, ErrorCategory.ResourceUnavailable),
            LocalEnsembleProblem.Data => ("DataPathUnusable", ErrorCode.DataInconsistency, ErrorCategory.OpenError),
            LocalEnsembleProblem.Mismatch => ("EnsembleMismatch", ErrorCode.BadArguments, ErrorCategory.InvalidArgument),
            LocalEnsembleProblem.MemberFailed => ("MemberFailed", ErrorCode.SystemError, ErrorCategory.ResourceUnavailable),
            LocalEnsembleProblem.NoQuorum => ("NoQuorum", ErrorCode.OperationTimeout, ErrorCategory.OperationTimeout),
            LocalEnsembleProblem.Executable => ("ExecutableUnusable", ErrorCode.BadArguments, ErrorCategory.ObjectNotFound),
            LocalEnsembleProblem.Exists => ("EnsembleExists", ErrorCode.NodeExists, ErrorCategory.ResourceExists),
            LocalEnsembleProblem.NoMember => ("NoMember", ErrorCode.NoNode, ErrorCategory.ObjectNotFound),
            _ => ("InvalidMemberState", ErrorCode.BadArguments, ErrorCategory.InvalidOperation),
        };
        string message = problem.Message.Contains(" of ensemble '", StringComparison.Ordinal) ? problem.Message : context + problem.Message;
        return new CoordException(id, error, message, problem.RecommendedAction, null, problem, category);
    }
}
