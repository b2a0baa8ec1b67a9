using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>The last stage of a write: applies its transaction and answers it. One loop, in zxid order.</summary>
internal sealed class FinalRequestProcessor(DataTree tree, OutstandingChanges changes, SessionTable sessions, Action<long> sessionClosed)
{
    private readonly List<ServerConnection> _toFlush = [];
    private int _thread;

    /// <summary>Makes the calling thread the one whose answers are sent at the end of a batch.</summary>
    public void UseThisThread() => _thread = Environment.CurrentManagedThreadId;

    /// <summary>
    /// Has a connection's output sent once the batch is applied. Called on another thread, it leaves the output to the connection's own
    /// loop, which sends when it has handled what it received.
    /// </summary>
    public void FlushLater(ServerConnection connection)
    {
        if (Environment.CurrentManagedThreadId != _thread || connection.IsFlushPlanned)
            return;
        connection.IsFlushPlanned = true;
        _toFlush.Add(connection);
    }

    /// <summary>Applies and answers a batch.</summary>
    public void Process(List<Request> batch)
    {
        foreach (Request request in batch)
            Process(request);
        EndBatch();
    }

    /// <summary>Forgets the changes that the tree has now, and sends what was answered.</summary>
    public void EndBatch()
    {
        if (tree.LastProcessedZxid is > 0 and var zxid)
            changes.Applied(zxid);
        foreach (ServerConnection connection in _toFlush)
        {
            connection.IsFlushPlanned = false;
            connection.Flush();
        }

        _toFlush.Clear();
    }

    /// <summary>Applies and answers a request.</summary>
    public void Process(Request request)
    {
        TxnResult result = default;
        if (request.IsTxn)
        {
            // Sessions first: a snapshot that begins in between must not stand at a zxid whose session it lacks.
            sessions.Apply(request.Header, request.Txn);
            result = tree.Apply(request.Header, request.Txn);
        }

        request.Connection?.Complete(request, result);
        if (request.Header.Type == OpCode.CloseSession)
            sessionClosed(request.SessionId);
    }
}
