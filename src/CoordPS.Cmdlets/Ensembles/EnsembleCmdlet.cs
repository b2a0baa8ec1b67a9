using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>The base of cmdlets that do something to a local ensemble, or to members of one.</summary>
public abstract class EnsembleCmdlet : AsyncCmdlet
{
    private readonly Dictionary<string, CoordEnsemble> _ensembles = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The ensemble's name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(EnsembleCompleter))]
    [ValidateNotNullOrEmpty]
    public string Ensemble { get; set; } = "";

    /// <summary>The ensemble; null, and an error, when there is none of that name.</summary>
    private protected async Task<CoordEnsemble?> FindEnsembleAsync()
    {
        if (_ensembles.TryGetValue(Ensemble, out CoordEnsemble? known))
            return known;
        bool isKnown = false;
        IReadOnlyList<CoordEnsemble> found = await EnsembleRegistry.FindAsync(
            WildcardPattern.Escape(Ensemble),
            (_, e) =>
            {
                isKnown = true;
                WriteError(HostingErrors.From(e), Ensemble);
            },
            Cancellation);
        if (found is [var ensemble, ..])
            return _ensembles[Ensemble] = ensemble;
        if (!isKnown)
            WriteError(GetCoordEnsembleCommand.NoEnsemble(Ensemble), Ensemble);
        return null;
    }

    /// <summary>Waits for a member, and shows what is waited for.</summary>
    private protected async Task WaitAsync(Task task, LocalMember member, string activity)
    {
        var progress = new ProgressReporter(this, $"{activity} member {member.Id} of {member.Ensemble}");
        while (await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(250), Cancellation)) != task && !Cancellation.IsCancellationRequested)
            progress.Report($"It is {(member.State == LocalMemberState.Running ? member.Role : member.State)}");
        progress.Complete();
        await task.WaitAsync(Cancellation);
    }

    /// <summary>Waits until a member serves, if a quorum runs that it could be served by.</summary>
    private protected async Task WaitUntilServingAsync(CoordEnsemble ensemble, LocalMember member, TimeSpan timeout)
    {
        int participants = ensemble.Local.Members.Count(static m => !m.IsObserver);
        int running = ensemble.Local.Members.Count(static m => m is { IsObserver: false, State: LocalMemberState.Running });
        if (running < participants / 2 + 1)
        {
            WriteVerbose($"Member {member.Id} of '{ensemble.Name}' runs and can't serve yet: {running} of {participants} participants run.");
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(timeout);
        try
        {
            await WaitAsync(member.WaitUntilServingAsync(limit.Token), member, "Waiting for");
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            throw HostingErrors.NoQuorum(
                $"Member {member.Id} of ensemble '{ensemble.Name}' runs and does not serve after {timeout.TotalSeconds:0.###} s.",
                "See what the members do with Get-CoordEnsemble and Get-CoordMember; a member that is cut off can't serve.");
        }
    }
}
