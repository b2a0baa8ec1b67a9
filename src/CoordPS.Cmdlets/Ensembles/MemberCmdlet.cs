using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>The base of cmdlets that do something to members of local ensembles, one by one as they come.</summary>
public abstract class MemberCmdlet : AsyncCmdlet
{
    private readonly Dictionary<string, CoordEnsemble> _ensembles = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The ensemble's name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(EnsembleCompleter))]
    [ValidateNotNullOrEmpty]
    public string Ensemble { get; set; } = "";

    /// <summary>The members' numbers.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>Emits the members.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (await FindEnsembleAsync(Ensemble) is not { } ensemble)
            return;
        foreach (int id in Id)
        {
            try
            {
                await ProcessAsync(ensemble, ensemble.Local.Member(id));
            }
            catch (Exception e) when (HostingErrors.IsKnown(e))
            {
                WriteError(HostingErrors.From(e), $"{ensemble.Name} {id}");
            }
        }
    }

    private protected abstract Task ProcessAsync(CoordEnsemble ensemble, LocalMember member);

    /// <summary>The ensemble; null, and an error, when there is none of that name.</summary>
    private protected async Task<CoordEnsemble?> FindEnsembleAsync(string name)
    {
        if (_ensembles.TryGetValue(name, out CoordEnsemble? known))
            return known;
        bool isKnown = false;
        IReadOnlyList<CoordEnsemble> found = await EnsembleRegistry.FindAsync(
            WildcardPattern.Escape(name),
            (_, e) =>
            {
                isKnown = true;
                WriteError(HostingErrors.From(e), name);
            },
            Cancellation);
        if (found is [var ensemble, ..])
            return _ensembles[name] = ensemble;
        if (!isKnown)
            WriteError(GetCoordEnsembleCommand.NoEnsemble(name), name);
        return null;
    }

    private protected void Emit(LocalMember member)
    {
        if (PassThru)
            WriteObject(new CoordMember(member));
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
