namespace CoordPS.Zab;

/// <summary>What a member finds on its disk when it starts.</summary>
public sealed record ZabRecovery
{
    /// <summary>The highest epoch promised to a leader (file <c>acceptedEpoch</c>).</summary>
    public required long AcceptedEpoch { get; init; }

    /// <summary>The epoch of the last leader whose history was taken over (file <c>currentEpoch</c>).</summary>
    public required long CurrentEpoch { get; init; }

    /// <summary>The zxid of the state the application starts from: the snapshot's, or 0.</summary>
    public required long SnapshotZxid { get; init; }

    /// <summary>
    /// The log after <see cref="SnapshotZxid"/>, ascending. None of it may have been applied: which of it is committed is
    /// only known when a leader is established, and it is then delivered.
    /// </summary>
    public IReadOnlyList<ZabProposal> Log { get; init; } = [];

    /// <summary>The active configuration.</summary>
    public required EnsembleConfig Config { get; init; }

    /// <summary>The last proposed configuration (<c>zoo.cfg.dynamic.next</c>); null when there is none.</summary>
    public EnsembleConfig? NextConfig { get; init; }

    internal void Validate()
    {
        if (AcceptedEpoch < CurrentEpoch)
            throw new ZabException($"The accepted epoch {AcceptedEpoch} is below the current epoch {CurrentEpoch}: acceptedEpoch is lost or damaged. Restore it, or empty the data directory and let the member copy from the others.");
        long last = SnapshotZxid;
        foreach (ZabProposal proposal in Log)
        {
            if (proposal.Zxid <= last)
                throw new ZabException($"Zxid 0x{proposal.Zxid:x} follows 0x{last:x} in the log: the log is damaged. Empty the data directory and let the member copy from the others.");
            last = proposal.Zxid;
        }

        if (Zxid.Epoch(last) > AcceptedEpoch)
            throw new ZabException($"The last zxid 0x{last:x} is of a later epoch than the accepted epoch {AcceptedEpoch}: acceptedEpoch is lost or damaged. Restore it, or empty the data directory and let the member copy from the others.");
    }
}
