using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that acquires locks.</summary>
public abstract class LockCmdlet : RecipeCmdlet
{
    private protected const string LockSet = "Lock";
    private protected const string SharedSet = "Shared";
    private protected const string LeaseSet = "Lease";

    /// <summary>
    /// The path of the lock; created if need be. Several are acquired together, always in the same order, so that two who want the same ones
    /// never wait for each other.
    /// </summary>
    [Parameter(Position = 0, Mandatory = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>How long to wait for others; default: as long as it takes. 0 tries once.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Share the lock with others that do; who wants it alone waits for all of them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SharedSet)]
    public SwitchParameter Shared { get; set; }

    /// <summary>How many may hold it at once. All who use the path must give the same number.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LeaseSet)]
    [ValidateRange(1, int.MaxValue)]
    public int Limit { get; set; }

    /// <summary>
    /// Whose locks it excludes: by default Curator's, and those of everyone who leaves this out; with <c>Kazoo</c> those of kazoo's <c>Lock</c>,
    /// <c>ReadLock</c> and <c>WriteLock</c>. All who use the path must agree.
    /// </summary>
    [Parameter(ParameterSetName = LockSet)]
    [Parameter(ParameterSetName = SharedSet)]
    public LockNaming Naming { get; set; }

    private CoordLockMode Mode => ParameterSetName switch
    {
        SharedSet => CoordLockMode.Shared,
        LeaseSet => CoordLockMode.Lease,
        _ => CoordLockMode.Exclusive,
    };

    /// <summary>Acquires all of them or none, and ends the cmdlet with an error in the latter case.</summary>
    private protected async Task<IReadOnlyList<CoordLock>> AcquireAsync()
    {
        CoordSession session = CurrentSession;
        foreach (string path in Path)
        {
            if (Check(path) is { } bad)
                ThrowTerminatingError(ErrorRecords.From(bad, path));
        }

        var acquired = new List<CoordLock>();
        DateTimeOffset? deadline = Timeout is { } timeout ? DateTimeOffset.UtcNow + timeout : null;
        try
        {
            foreach (string path in Path.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                TimeSpan? left = deadline is { } end ? TimeSpan.FromTicks(Math.Max(0, (end - DateTimeOffset.UtcNow).Ticks)) : null;
                acquired.Add(await AcquireAsync(session, path, left));
                // Only now: a pipeline that is being stopped refuses whatever is written, and what is acquired has to be given back then.
                WriteVerbose($"{path} is held by {acquired[^1].ZNode}, fencing token {acquired[^1].FencingToken}.");
            }

            // What is acquired in the moment of Ctrl+C would never be emitted.
            Cancellation.ThrowIfCancellationRequested();
        }
        catch (Exception e)
        {
            foreach (CoordLock held in Enumerable.Reverse(acquired))
                await ReleaseAsync(held);
            if (ErrorRecords.IsKnown(e))
                ThrowTerminatingError(ErrorRecords.From(e, string.Join(", ", Path)));
            throw;
        }

        return acquired;
    }

    /// <summary>Gives it back, at once or, without a connection, as soon as there is one.</summary>
    private protected static async Task ReleaseAsync(CoordLock held)
    {
        HeldSet.Remove(held);
        await held.Handle.DisposeAsync();
    }

    private async Task<CoordLock> AcquireAsync(CoordSession session, string path, TimeSpan? timeout)
    {
        // What this runspace holds already it enters again, and what it holds alone it may share: who calls a function that takes the same lock must not wait for himself.
        if (Mode != CoordLockMode.Lease && RunspaceState.Current.Held.Find<CoordLock>(held => held.Session == session && held.Path == path && held.IsHeld
            && held.Mode is CoordLockMode.Exclusive or CoordLockMode.Shared) is { } mine)
        {
            if (mine.Mode == CoordLockMode.Shared && Mode == CoordLockMode.Exclusive)
            {
                throw new CoordException(
                    "LockUpgrade", ErrorCode.BadArguments, $"This runspace shares lock '{path}': it would wait for itself to have it alone.",
                    "Give it back first with Unlock-Coord, or acquire it without -Shared from the beginning.", path, null, ErrorCategory.InvalidOperation);
            }

            if (mine.Handle.TryReenter() is { } again)
                return Remember(new CoordLock(session, path, mine.Mode, 0, again));
        }

        var options = new LockOptions { Naming = Naming };
        ILock wanted = Mode switch
        {
            CoordLockMode.Shared => new DistributedReadWriteLock(session.Client, path, options).ReadLock,
            CoordLockMode.Lease => new DistributedSemaphore(session.Client, path, Limit),
            _ => new DistributedLock(session.Client, path, options),
        };
        Task<LockHandle?> acquiring = timeout is { } time ? wanted.TryAcquireAsync(time, Cancellation) : AcquireAsync(wanted);
        LockHandle? handle = await WaitAsync(acquiring, $"Waiting for lock {path}", async cancel => Describe(await wanted.GetParticipantsAsync(cancel)));
        if (handle is null)
        {
            IReadOnlyList<LockParticipant> others = await wanted.GetParticipantsAsync(Cancellation);
            throw new CoordException(
                "LockTimeout", ErrorCode.OperationTimeout, $"Lock '{path}' was not to be had within {Timeout!.Value.TotalSeconds:0.###} s: {Describe(others)}.",
                "See who holds it with Get-CoordLock, and wait longer with -Timeout.", path);
        }

        return Remember(new CoordLock(session, path, Mode, Mode == CoordLockMode.Lease ? Limit : 0, handle));
    }

    private async Task<LockHandle?> AcquireAsync(ILock wanted) => await wanted.AcquireAsync(Cancellation).ConfigureAwait(false);

    private static CoordLock Remember(CoordLock held)
    {
        RunspaceState.Current.Held.Add(held);
        return held;
    }

    /// <summary>Who holds a lock, and how many wait for it, in words.</summary>
    internal static string Describe(IReadOnlyList<LockParticipant> participants)
    {
        var holders = participants.Where(p => p.IsHolder).Select(p => $"{p.Owner} (session 0x{p.SessionId:x}, for {p.Age.TotalSeconds:0} s)").ToList();
        string held = holders.Count == 0 ? "held by nobody now" : $"held by {string.Join(", ", holders)}";
        int waiting = participants.Count - holders.Count;
        return waiting == 0 ? held : $"{held}; {waiting} waiting";
    }
}
