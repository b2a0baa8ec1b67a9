using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using CoordPS.Client;

namespace CoordPS.Cmdlets;

/// <summary>
/// A drive and the session behind it: one that <c>Connect-Coord</c> opened and lent, or one of the drive's own, which it opens anew when the
/// servers have expired it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing, and PowerShell disposes of no drive.")]
internal sealed class ZooKeeperDrive : PSDriveInfo
{
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly ZooKeeperClientOptions? _options;
    private CoordSession _session;

    /// <summary>A drive of a session that someone else opens and closes.</summary>
    public ZooKeeperDrive(string name, ProviderInfo provider, CoordSession session)
        : base(name, provider, ProviderPath.Root(session.ConnectionString, name), session.ConnectionString, null) => _session = session;

    /// <summary>A drive with a session of its own.</summary>
    public ZooKeeperDrive(PSDriveInfo drive, ZooKeeperClientOptions options, CoordSession session)
        : base(drive.Name, drive.Provider, ProviderPath.Root(options.ConnectionString, drive.Name), drive.Description, drive.Credential)
    {
        _options = options;
        _session = session;
    }

    /// <summary>The session; of <c>Connect-Coord</c>, another when that takes the place of one that has ended.</summary>
    public CoordSession Session
    {
        get => Volatile.Read(ref _session);
        set => Volatile.Write(ref _session, value);
    }

    /// <summary>Whether the drive closes its session.</summary>
    public bool OwnsSession => _options is not null;

    /// <summary>The session to send requests with.</summary>
    /// <param name="reopened">Told when the drive's own session had expired and there is another now.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<CoordSession> GetSessionAsync(Action<CoordSession> reopened, CancellationToken cancellationToken)
    {
        if (_options is null || Session.State != Client.SessionState.Expired)
            return Session;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (Session.State == Client.SessionState.Expired)
            {
                CoordSession ended = Session;
                Session = new CoordSession(await ZooKeeperClient.ConnectAsync(_options, cancellationToken), ended.ConnectionString, ended.Owner);
                ended.Owner.Remove(ended);
                ended.Owner.AddFirst(Session);
                await ended.Client.DisposeAsync();
                reopened(ended);
            }

            return Session;
        }
        finally
        {
            _opening.Release();
        }
    }
}
