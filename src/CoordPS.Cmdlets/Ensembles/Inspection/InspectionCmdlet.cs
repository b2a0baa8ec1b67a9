using System.Management.Automation;
using CoordPS.Client.Admin;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that looks at ensembles, CoordPS's or Apache's, here or elsewhere.</summary>
public abstract class InspectionCmdlet : AsyncCmdlet
{
    /// <summary>
    /// Names of ensembles of this machine, with <c>*</c> and <c>?</c>; or the servers of any ensemble as <c>host1:2181,host2:2181</c>. Default: the
    /// ensemble of the current session, or else all of this machine.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(EnsembleCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string[]? Ensemble { get; set; }

    /// <summary>The servers of an ensemble, such as <c>host1:2181,host2:2181</c>; members that its configuration names besides are found.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? ConnectionString { get; set; }

    /// <summary>A session with the ensemble.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public CoordSession? Session { get; set; }

    /// <summary>How long a member may take for an answer: <c>3s</c>, the default, a TimeSpan or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The port of the members' AdminServer (<c>admin.serverPort</c>, 8080 unless configured), asked for what no four-letter word may tell. Default: it
    /// is left alone.
    /// </summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int? AdminPort { get; set; }

    private protected AdminOptions Options => new() { Timeout = Timeout, AdminPort = AdminPort };

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        string[] given = [.. new[] { nameof(Ensemble), nameof(ConnectionString), nameof(Session) }.Where(IsBound)];
        if (given.Length > 1)
        {
            Terminate(new CoordException(
                nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"-{given[0]} and -{given[1]} both say which ensemble.", "Give one of -Ensemble, -ConnectionString and -Session."));
        }

        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1))
            Terminate(new CoordException(nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"A timeout of {Timeout} can't be kept.", "Give -Timeout between 1ms and 1d."));
        return Task.CompletedTask;
    }

    /// <summary>The ensembles that the parameters, or the object from the pipeline, name. Names that no ensemble has are errors written here.</summary>
    private protected async Task<IReadOnlyList<InspectedEnsemble>> FindEnsemblesAsync()
    {
        if (Session is not null)
            return [await OfAsync(Session)];
        if (Ensemble is not null)
            return await FindNamedAsync(Ensemble);
        if (ConnectionString is not null)
            return [InspectedEnsemble.Of(string.Join(',', ConnectionString))];
        if (RunspaceState.Current.DefaultSession is { } session)
            return [await OfAsync(session)];
        IReadOnlyList<InspectedEnsemble> local = await FindLocalAsync("*");
        if (local.Count == 0)
        {
            WriteError(
                new CoordException("NoEnsemble", ErrorCode.NoNode, "There is no session in this runspace, and no ensemble on this machine.",
                    "Give -ConnectionString host:port, run Connect-Coord, or start one with Start-CoordEnsemble."),
                null);
        }

        return local;
    }

    private protected static CoordException NoMember(InspectedEnsemble ensemble, int id) => new(
        "NoMember", ErrorCode.NoNode, $"Ensemble '{ensemble.Name}' has no member {id} that is known.", "See its members with Get-CoordMember, without -Id.");

    private protected void Terminate(CoordException error)
    {
        ThrowTerminatingError(ErrorRecords.From(error, null));
        throw new PipelineStoppedException();
    }

    /// <summary>The ensemble of a session: of its servers, unless it is one of this machine.</summary>
    private async Task<InspectedEnsemble> OfAsync(CoordSession session)
    {
        InspectedEnsemble found = InspectedEnsemble.Of(session.ConnectionString);
        IReadOnlyList<InspectedEnsemble> local = await FindLocalAsync("*");
        return (local.FirstOrDefault(one => one.Targets.Any(target => found.Targets.Any(other => other.Server == target.Server))) ?? found) with { Session = session };
    }

    private async Task<IReadOnlyList<InspectedEnsemble>> FindNamedAsync(string[] names)
    {
        // PowerShell makes a list of servers that are not quoted.
        if (names.Any(name => name.Contains(':', StringComparison.Ordinal)))
            return [InspectedEnsemble.Of(string.Join(',', names))];
        List<InspectedEnsemble> found = [];
        foreach (string name in names)
            found.AddRange(await FindLocalAsync(name));
        return found;
    }

    private async Task<IReadOnlyList<InspectedEnsemble>> FindLocalAsync(string name)
    {
        bool isKnown = false;
        IReadOnlyList<CoordEnsemble> found = await EnsembleRegistry.FindAsync(
            name,
            (other, e) =>
            {
                isKnown = true;
                WriteError(HostingErrors.From(e), other);
            },
            Cancellation);
        if (found.Count == 0 && !isKnown && !WildcardPattern.ContainsWildcardCharacters(name))
            WriteError(GetCoordEnsembleCommand.NoEnsemble(name), name);
        return [.. found.Select(InspectedEnsemble.Of)];
    }
}
