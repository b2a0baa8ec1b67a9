using System.Text;

namespace CoordPS.Client.Recipes;

/// <summary>
/// Runs something while being the leader, and gives the leadership up when it has ended: Curator's <c>LeaderSelector</c>, whose elections are
/// locks, and with <see cref="LockNaming.Kazoo"/> kazoo's <c>Election</c>.
/// </summary>
public sealed class LeaderSelector
{
    private readonly ZooKeeperClient _client;
    private readonly LockOptions _options;

    /// <summary>A participant that does not take part yet.</summary>
    /// <param name="client">The session; followed by new ones when it expires, until this client is disposed.</param>
    /// <param name="path">The election's znode, which is created, as a container, when need be.</param>
    /// <param name="id">What the others know this participant by; null for <c>HOST/PROCESS/USER</c>.</param>
    /// <param name="naming">By whose rules znodes are named.</param>
    public LeaderSelector(ZooKeeperClient client, string path, string? id = null, LockNaming naming = LockNaming.Curator)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        Path = ContendedLock.Checked(path);
        Id = id ?? Encoding.UTF8.GetString(LockOptions.DefaultData);
        _options = new LockOptions { Data = Encoding.UTF8.GetBytes(Id), Naming = naming };
    }

    /// <summary>The election's znode.</summary>
    public string Path { get; }

    /// <summary>What the others know this participant by.</summary>
    public string Id { get; }

    /// <summary>Waits to be the leader once and leads.</summary>
    /// <param name="lead">
    /// What the leader does. It must return soon after its token, which is the leadership's and <paramref name="ct"/> in one, is cancelled; then
    /// another may already be the leader.
    /// </param>
    /// <param name="ct">Ends the wait, or asks the leader to stop.</param>
    /// <returns>True when it led to the end, false when it lost the leadership first.</returns>
    public async Task<bool> LeadAsync(Func<Leadership, CancellationToken, Task> lead, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(lead);
        while (true)
        {
            LockHandle handle;
            try
            {
                ZooKeeperClient client = await _client.Succession.CurrentAsync(ct).ConfigureAwait(false);
                handle = await new DistributedLock(client, Path, _options).AcquireAsync(ct).ConfigureAwait(false);
            }
            catch (SessionExpiredException)
            {
                continue;
            }

            await using (handle.ConfigureAwait(false))
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, handle.LostToken);
                try
                {
                    await lead(new Leadership(Id, handle.FencingToken, handle.LostToken), stop.Token).ConfigureAwait(false);
                    return !handle.LostToken.IsCancellationRequested;
                }
                catch (OperationCanceledException) when (handle.LostToken.IsCancellationRequested && !ct.IsCancellationRequested)
                {
                    return false;
                }
            }
        }
    }

    /// <summary>Leads whenever it is the leader, again and again, across lost leaderships and sessions, until it is cancelled or <paramref name="lead"/> throws.</summary>
    /// <param name="lead">See <see cref="LeadAsync"/>.</param>
    /// <param name="ct">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public async Task RunAsync(Func<Leadership, CancellationToken, Task> lead, CancellationToken ct)
    {
        while (true)
        {
            await LeadAsync(lead, ct).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Who takes part, the leader first. Their ids are in <see cref="LockParticipant.Owner"/>.</summary>
    public async Task<IReadOnlyList<LockParticipant>> GetParticipantsAsync(CancellationToken ct = default) =>
        await LockParticipants.ReadAsync(await _client.Succession.CurrentAsync(ct).ConfigureAwait(false), Path, ct).ConfigureAwait(false);
}
