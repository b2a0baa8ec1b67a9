using CoordPS.Client.Admin;

namespace CoordPS;

/// <summary>One check of <c>Test-CoordEnsemble</c> with what was read.</summary>
public sealed class CoordCheck
{
    internal CoordCheck(string ensemble, EnsembleCheck check, CoordMember? member)
    {
        Ensemble = ensemble;
        Name = check.Name;
        Status = check.Status;
        Reading = check.Reading;
        Expected = check.Expected;
        Member = member;
        Advice = check.Advice;
    }

    /// <summary>The name of the ensemble; for one that runs elsewhere, its servers.</summary>
    public string Ensemble { get; }

    /// <summary>What was checked.</summary>
    public string Name { get; }

    /// <summary>How it came out.</summary>
    public CheckStatus Status { get; }

    /// <summary>What was read.</summary>
    public string Reading { get; }

    /// <summary>What it should be.</summary>
    public string Expected { get; }

    /// <summary>The member concerned, with its readings; null for the whole ensemble.</summary>
    public CoordMember? Member { get; }

    /// <summary>What to do; null when there is nothing to do.</summary>
    public string? Advice { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Status} {Name}{(Member is null ? "" : $" of {Member}")}: {Reading}";
}
