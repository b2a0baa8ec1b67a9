namespace CoordPS.Client.Recipes;

/// <summary>
/// Tells what is held by ephemerals of a session when the session becomes doubtful, sure again, or over. The connection's loss makes it
/// doubtful at once; and so do two thirds of the session timeout without a confirmation, should the connection seem to be there. Both come
/// before the server can end the session, which takes the whole timeout.
/// </summary>
internal sealed class SessionGuard
{
    private readonly ZooKeeperClient _client;
    private readonly Lock _gate = new();
    private readonly HashSet<HeldNode> _nodes = [];

    internal SessionGuard(ZooKeeperClient client)
    {
        _client = client;
        client.Moved += Look;
    }

    internal SessionStanding Standing
    {
        get
        {
            SessionState state = _client.State;
            double silence = Environment.TickCount64 - _client.ConfirmedAt;
            double timeout = _client.NegotiatedTimeout.TotalMilliseconds;
            return state.IsFinal || silence >= timeout ? SessionStanding.Over
                : state != SessionState.Connected || silence >= timeout * 2 / 3 ? SessionStanding.Doubtful
                : SessionStanding.Sure;
        }
    }

    internal void Add(HeldNode node)
    {
        lock (_gate)
            _nodes.Add(node);
        Look();
    }

    internal void Remove(HeldNode node)
    {
        lock (_gate)
            _nodes.Remove(node);
    }

    private void Look()
    {
        SessionStanding standing = Standing;
        lock (_gate)
        {
            foreach (HeldNode node in _nodes)
            {
                if (node.NeedsToKnow(standing))
                    ThreadPool.UnsafeQueueUserWorkItem(static one => one.Take(), node, preferLocal: false);
            }
        }
    }
}
