namespace CoordPS.Server.Hosting;

/// <summary>Why a local ensemble, or a member of one, can't do what it was asked.</summary>
public enum LocalEnsembleProblem
{
    /// <summary>The configuration is wrong.</summary>
    Configuration,

    /// <summary>A port is in use, or an address is not this machine's.</summary>
    Address,

    /// <summary>A folder or file can't be used.</summary>
    Data,

    /// <summary>The folder holds something else than was asked for.</summary>
    Mismatch,

    /// <summary>A member ended by itself.</summary>
    MemberFailed,

    /// <summary>No quorum came about in the time given.</summary>
    NoQuorum,

    /// <summary>The executable of a member can't be found or run.</summary>
    Executable,

    /// <summary>An ensemble of that name exists.</summary>
    Exists,

    /// <summary>There is no such member.</summary>
    NoMember,

    /// <summary>The member is not in a state for it, or the ensemble not of a kind.</summary>
    State,
}
