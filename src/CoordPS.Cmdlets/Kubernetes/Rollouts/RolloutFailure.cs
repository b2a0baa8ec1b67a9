using System.Management.Automation;
using System.Text;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>The error of a rollout that failed, with what its containers said last.</summary>
internal static class RolloutFailure
{
    private const int LogLines = 10;
    private const int Pods = 3;

    /// <summary>The error.</summary>
    /// <param name="client">Where the logs are.</param>
    /// <param name="status">How the rollout stood.</param>
    /// <param name="timeout">How long it was waited for, when it did not fail by itself.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<CoordException> ExplainAsync(KubernetesClient client, RolloutStatus status, TimeSpan? timeout, CancellationToken ct)
    {
        var text = new StringBuilder(timeout is { } time
            ? $"The rollout of {status.Kind}/{status.Name} in namespace {status.Namespace} was not complete within {time.TotalSeconds:0.###} s: {status.Message}"
            : status.Message);
        string[] problems = [.. status.Problems.Where(problem => timeout is not null || !text.ToString().Contains(problem.ToString(), StringComparison.Ordinal))
            .DistinctBy(static problem => (problem.Kind, problem.Container)).Take(Pods).Select(static problem => problem.ToString())];
        if (problems.Length > 0)
            text.AppendLine().Append("  ").AppendJoin($"{Environment.NewLine}  ", problems);
        foreach (RolloutProblem problem in status.Problems.Where(static one => one is { Pod: not null, Container: not null, Kind: RolloutProblemKind.CrashLoop or RolloutProblemKind.NotReady })
            .DistinctBy(static one => one.Container).Take(Pods))
        {
            IReadOnlyList<string> lines = await LastLinesAsync(client, status.Namespace!, problem, ct).ConfigureAwait(false);
            if (lines.Count > 0)
                text.AppendLine().Append($"  The last lines of {problem.Pod}, container {problem.Container}:{Environment.NewLine}    ").AppendJoin($"{Environment.NewLine}    ", lines);
        }

        (string id, string action) = timeout is not null
            ? ("RolloutTimeout", "Wait longer with -Timeout, or look at the pods with Get-CoordPod and Get-CoordPodLog.")
            : status.Problems.FirstOrDefault(static one => one.IsCertain)?.Kind switch
            {
                RolloutProblemKind.CrashLoop => ("RolloutCrashLoop", "See the whole log with Get-CoordPodLog -Previous; go back with Undo-CoordRollout."),
                RolloutProblemKind.ImagePull => ("RolloutBadImage", "Check the image's name and that the cluster may pull it; go back with Undo-CoordRollout."),
                RolloutProblemKind.ContainerConfig => ("RolloutBadConfig", "Publish what the container names; go back with Undo-CoordRollout."),
                RolloutProblemKind.FailedCreate => ("RolloutFailedCreate", "Check quotas and admission rules of the namespace; go back with Undo-CoordRollout."),
                _ => ("RolloutDeadlineExceeded", "Look at the pods with Get-CoordPod and Get-CoordPodLog; go back with Undo-CoordRollout."),
            };
        return new CoordException(
            id, timeout is null ? ErrorCode.SystemError : ErrorCode.OperationTimeout, text.ToString(), action, null, null,
            timeout is null ? ErrorCategory.InvalidResult : ErrorCategory.OperationTimeout);
    }

    private static async Task<IReadOnlyList<string>> LastLinesAsync(KubernetesClient client, string ns, RolloutProblem problem, CancellationToken ct)
    {
        // What it said before it crashed; of one that has not been started again yet, what it said now.
        foreach (bool previous in problem.Kind == RolloutProblemKind.CrashLoop ? new[] { true, false } : [false])
        {
            try
            {
                var lines = new List<string>();
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
                limit.CancelAfter(TimeSpan.FromSeconds(5));
                await foreach (string line in client.ReadLogAsync(problem.Pod!, ns, new LogOptions { Container = problem.Container, Previous = previous, TailLines = LogLines }, limit.Token).ConfigureAwait(false))
                    lines.Add(line);
                if (lines.Count > 0)
                    return lines;
            }
            catch (Exception e) when (e is KubernetesException || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                // The reason of the failure matters more than that its log can't be had.
            }
        }

        return [];
    }
}
