using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>Reads a reply's body.</summary>
internal delegate TResult ReplyReader<TResult>(Session session, ref JuteReader reader);

/// <summary>
/// A request from the call to its answer. It keeps its arguments, so that it can be written whenever a connection is there to take it,
/// and again on the next connection when the first was lost and it changes nothing.
/// </summary>
internal abstract class Request(OpCode type, string? path)
{
    private CancellationTokenRegistration _registration;

    /// <summary>The operation; changes only when a server does not know the first choice.</summary>
    internal OpCode Type { get; private protected set; } = type;

    /// <summary>The znode as the caller named it.</summary>
    internal string? Path { get; } = path;

    /// <summary>Whether sending it twice does no harm.</summary>
    internal bool Repeatable { get; init; }

    /// <summary>Its place in the session's order of sending; set when it is written.</summary>
    internal long Sequence { get; set; }

    /// <summary>When it was written, by <see cref="Environment.TickCount64"/>.</summary>
    internal long SentAt { get; set; }

    /// <summary>How many connections were lost with it unanswered.</summary>
    internal int Losses { get; set; }

    /// <summary>When waiting for it ends, by <see cref="Environment.TickCount64"/>.</summary>
    internal long Deadline { get; set; } = long.MaxValue;

    /// <summary>The request id on the wire.</summary>
    internal int Xid => (int)(Sequence % int.MaxValue) + 1;

    /// <summary>Whether the caller has its result, or has stopped waiting for it.</summary>
    internal abstract bool IsCompleted { get; }

    /// <summary>The kind of watch that it sets on a znode; null when it sets none there.</summary>
    internal virtual WatchKind? WatchOn(string serverPath) => null;

    internal abstract void WriteBody(JuteWriter writer);

    /// <summary>Hands the answer to the caller. A <see cref="JuteException"/> fails the request and is thrown on: the stream can't be trusted.</summary>
    internal abstract void Complete(Session session, string server, in ReplyHeader header, ref JuteReader reader);

    internal abstract void Fail(Exception exception);

    internal void CancelWith(CancellationToken ct)
    {
        if (ct.CanBeCanceled)
            _registration = ct.UnsafeRegister(static (state, token) => ((Request)state!).Cancel(token), this);
    }

    private protected abstract void Cancel(CancellationToken ct);

    private protected void StopListening() => _registration.Unregister();
}

/// <summary>A request with a result.</summary>
internal abstract class Request<TResult>(OpCode type, string? path) : Request(type, path)
{
    // Callers never run on the read loop: a slow one would hold up every other answer.
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<TResult> Task => _completion.Task;

    internal override bool IsCompleted => _completion.Task.IsCompleted;

    internal override void Complete(Session session, string server, in ReplyHeader header, ref JuteReader reader)
    {
        TResult result;
        try
        {
            if (IsCompleted)
            {
                OnAbandoned(session, header.Error);
                return;
            }

            if (header.Error == ErrorCode.Ok)
            {
                result = Read(session, server, ref reader);
            }
            else if (!TryRecover(session, header.Error, out bool resubmitted, out result))
            {
                Fail(ZooKeeperException.FromReply(header.Error, Type, Path, server));
                return;
            }
            else if (resubmitted)
            {
                return;
            }

            if (FailureIn(result, server) is { } failure)
            {
                Fail(failure);
                return;
            }

            OnAnswered(session, header.Error);
        }
        catch (JuteException e)
        {
            Fail(new ZooKeeperException(ErrorCode.MarshallingError, $"The reply to {Type} '{Path}' could not be read: {e.Message}", Path, server,
                "The connection is dropped and made anew. Check that the address is a ZooKeeper server's client port.", e));
            throw;
        }

        StopListening();
        _completion.TrySetResult(result);
    }

    internal override void Fail(Exception exception)
    {
        StopListening();
        _completion.TrySetException(exception);
    }

    private protected abstract TResult Read(Session session, string server, ref JuteReader reader);

    /// <summary>The failure that an answer without an error reports in its body.</summary>
    private protected virtual Exception? FailureIn(TResult result, string server) => null;

    /// <summary>Turns an error into a result, or sends the request again in another form.</summary>
    private protected virtual bool TryRecover(Session session, ErrorCode error, out bool resubmitted, out TResult result)
    {
        resubmitted = false;
        result = default!;
        return false;
    }

    /// <summary>Runs on the read loop before the caller learns of the answer: what must be in place when the next event comes.</summary>
    private protected virtual void OnAnswered(Session session, ErrorCode error)
    {
    }

    /// <summary>Runs on the read loop when the caller no longer waits.</summary>
    private protected virtual void OnAbandoned(Session session, ErrorCode error)
    {
    }

    private protected override void Cancel(CancellationToken ct) => _completion.TrySetCanceled(ct);
}

/// <summary>A request whose body is one record.</summary>
internal class Call<TBody, TResult>(OpCode type, string? path, TBody body, ReplyReader<TResult> read) : Request<TResult>(type, path)
    where TBody : struct, IJuteRecord<TBody>
{
    internal override void WriteBody(JuteWriter writer) => body.Write(writer);

    private protected override TResult Read(Session session, string server, ref JuteReader reader) => read(session, ref reader);
}
