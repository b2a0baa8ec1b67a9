namespace CoordPS.Server.Hosting;

/// <summary>A local ensemble, or a member of one, can't do what it was asked. The message names the member, file or port.</summary>
public sealed class LocalEnsembleException : Exception
{
    internal LocalEnsembleException(
        LocalEnsembleProblem problem, string message, string recommendedAction, long? member = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Problem = problem;
        RecommendedAction = recommendedAction;
        Member = member;
    }

    /// <summary>The kind of problem.</summary>
    public LocalEnsembleProblem Problem { get; }

    /// <summary>What to do about it.</summary>
    public string RecommendedAction { get; }

    /// <summary>The member concerned; null when no single one is.</summary>
    public long? Member { get; }
}
