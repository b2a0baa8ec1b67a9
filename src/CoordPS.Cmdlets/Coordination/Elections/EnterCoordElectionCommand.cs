using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Takes part in elections and emits the part taken, once it leads: until <c>Exit-CoordElection</c>, or the end of the session. With a script
/// block it leads for as long as the block runs, and the block is stopped when the leadership may have ended.
/// </summary>
[Cmdlet(VerbsCommon.Enter, "CoordElection", DefaultParameterSetName = WaitSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordElection))]
public sealed class EnterCoordElectionCommand : RecipeCmdlet
{
    private const string WaitSet = "Wait";
    private const string NoWaitSet = "NoWait";
    private const string BlockSet = "ScriptBlock";

    /// <summary>The election's path; created if need be.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>What to do as the leader. The election is <c>$_</c> in the block; what it emits is passed on as it comes.</summary>
    [Parameter(Position = 1, Mandatory = true, ParameterSetName = BlockSet)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>What the others know this participant by; default: <c>HOST/PROCESS/USER</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>How long to wait to be the leader; default: as long as it takes. When it is over the election is left.</summary>
    [Parameter(ParameterSetName = WaitSet)]
    [Parameter(ParameterSetName = BlockSet)]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Only take part: emit it at once, and see in its <c>IsLeader</c> when it leads.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NoWaitSet)]
    public SwitchParameter NoWait { get; set; }

    /// <summary>
    /// Whose elections it takes part in: by default those of Curator's <c>LeaderLatch</c>, and of everyone who leaves this out; with <c>Kazoo</c>
    /// those of kazoo's <c>Election</c>. All who use the path must agree.
    /// </summary>
    [Parameter]
    public LockNaming Naming { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (string path in Path)
        {
            if (Check(path) is { } bad)
            {
                WriteError(bad, path);
                continue;
            }

            if (!ShouldProcess(path, "Take part in election"))
                continue;
            var election = new CoordElection(CurrentSession, LeaderLatch.Start(CurrentSession.Client, path, Id, Naming));
            bool keep = false;
            try
            {
                if (!NoWait)
                    await LeadAsync(election);
                // A leadership won in the moment of Ctrl+C would never be emitted.
                Cancellation.ThrowIfCancellationRequested();
                keep = ScriptBlock is null;
                if (!keep)
                    RunBlock(election);
            }
            finally
            {
                if (!keep)
                    await election.Latch.DisposeAsync();
            }

            if (!keep)
                continue;
            RunspaceState.Current.Held.Add(election);
            WriteObject(election);
        }
    }

    private async Task LeadAsync(CoordElection election)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        if (Timeout is { } timeout)
            limit.CancelAfter(timeout);
        try
        {
            Leadership leadership = await WaitAsync(
                election.Latch.WaitForLeadershipAsync(limit.Token), $"Waiting to lead {election.Path}",
                async cancel => Describe(await election.Latch.GetParticipantsAsync(cancel)));
            WriteVerbose($"Leads {election.Path}, fencing token {leadership.FencingToken}.");
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            string others = Describe(await election.Latch.GetParticipantsAsync(Cancellation));
            throw new CoordException(
                "ElectionTimeout", ErrorCode.OperationTimeout, $"Election '{election.Path}' was not won within {Timeout!.Value.TotalSeconds:0.###} s: {others}.",
                "See who leads with Get-CoordLeader, wait longer with -Timeout, or take part without waiting with -NoWait.", election.Path);
        }
    }

    private void RunBlock(CoordElection election)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(Cancellation, election.LostToken);
        if (ScriptBlockRunner.Run(this, ScriptBlock, election, lost.Token))
            return;
        Cancellation.ThrowIfCancellationRequested();
        ThrowTerminatingError(ErrorRecords.From(
            new CoordException(
                "LeadershipLost", ErrorCode.ConnectionLoss,
                $"The script block was stopped: the leadership of '{election.Path}' could no longer be relied on, because the connection to the ensemble was lost or the znode was deleted.",
                "See what the block had done by then, and take part again.", election.Path, null, ErrorCategory.OperationStopped),
            election.Path));
    }

    private static string Describe(IReadOnlyList<LockParticipant> participants) =>
        participants.Count == 0 ? "nobody leads" : $"led by {participants[0].Owner}, for {participants[0].Age.TotalSeconds:0} s; {participants.Count - 1} waiting";
}
