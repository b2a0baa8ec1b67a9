using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>A lock that is contended for below one znode, by one rule.</summary>
internal sealed class ContendedLock(ZooKeeperClient client, string path, string name, LockOptions options, TurnRule rule) : ILock
{
    public string Path { get; } = Checked(path);

    public async Task<LockHandle> AcquireAsync(CancellationToken ct) => (await AcquireAsync(this, null, ct).ConfigureAwait(false))!;

    public Task<LockHandle?> TryAcquireAsync(TimeSpan timeout, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return AcquireAsync(this, timeout, ct);
    }

    public Task<IReadOnlyList<LockParticipant>> GetParticipantsAsync(CancellationToken ct) => LockParticipants.ReadAsync(client, Path, ct);

    internal static string Checked(string path)
    {
        ZPath.Validate(path);
        return path;
    }

    internal async Task<LockHandle?> AcquireAsync(ILock of, TimeSpan? timeout, CancellationToken ct) =>
        await Contention.AcquireAsync(client, Path, name, options, rule, timeout, ct).ConfigureAwait(false) is { } node
            ? new LockHandle(of, node, client)
            : null;
}
