using System.Net;
using System.Net.Sockets;

namespace CoordPS.Server.Hosting;

/// <summary>
/// A member's connection with another member or a client: a socket, and what may be wrong with the network where the member is hosted so
/// that faults can be made. Elsewhere it is the socket and nothing else.
/// </summary>
internal sealed class LinkSocket : IDisposable
{
    private readonly Socket _socket;
    private readonly FreezeGate? _gate;
    private readonly LinkPath? _incoming;
    private readonly LinkPath? _outgoing;
    private readonly CancellationTokenSource? _closing;
    private DelayLine? _line;

    /// <summary>A connection without faults.</summary>
    public LinkSocket(Socket socket) => _socket = socket;

    /// <param name="socket">The connection.</param>
    /// <param name="gate">What freezes the member.</param>
    /// <param name="incoming">What it receives by; null if that is never disturbed.</param>
    /// <param name="outgoing">What it sends by, where the other side does not see to that direction; else null.</param>
    public LinkSocket(Socket socket, FreezeGate gate, LinkPath? incoming, LinkPath? outgoing)
    {
        _socket = socket;
        _gate = gate;
        _incoming = incoming;
        _outgoing = outgoing;
        // Never disposed of: nothing is registered with it for longer than a wait, and waits end when it is canceled.
        _closing = new CancellationTokenSource();
    }

    public EndPoint? RemoteEndPoint => _socket.RemoteEndPoint;

    /// <summary>Whether something has come that was not received yet. What a fault holds back has not come.</summary>
    public bool HasUnread
    {
        get
        {
            try
            {
                return _line is null && _socket.Available > 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    public bool NoDelay
    {
        set => _socket.NoDelay = value;
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _gate is null ? _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken) : ReceiveThroughAsync(_gate, buffer, cancellationToken);

    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _gate is null ? _socket.SendAsync(buffer, SocketFlags.None, cancellationToken) : SendThroughAsync(_gate, buffer, cancellationToken);

    /// <summary>Receives on a thread that may wait.</summary>
    public int Receive(Span<byte> buffer)
    {
        if (_gate is null)
            return _socket.Receive(buffer, SocketFlags.None);
        byte[] bytes = new byte[buffer.Length];
        int count = ReceiveThroughAsync(_gate, bytes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        bytes.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    /// <summary>Sends on a thread that may wait.</summary>
    public int Send(ReadOnlySpan<byte> buffer) => _gate is null
        ? _socket.Send(buffer, SocketFlags.None)
        : SendThroughAsync(_gate, buffer.ToArray(), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public void Shutdown(SocketShutdown how) => _socket.Shutdown(how);

    public void Dispose()
    {
        _closing?.Cancel();
        _socket.Dispose();
    }

    private async ValueTask<int> ReceiveThroughAsync(FreezeGate gate, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await gate.PassAsync().ConfigureAwait(false);
        int received = _incoming is null
            ? await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false)
            : await ReceiveByAsync(_incoming, buffer, cancellationToken).ConfigureAwait(false);
        await gate.PassAsync().ConfigureAwait(false);
        return received;
    }

    private async ValueTask<int> ReceiveByAsync(LinkPath path, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_line is null)
        {
            int received = 0;
            SocketException? error = null;
            try
            {
                received = await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                if (!path.IsDisturbed)
                    return received;
            }
            catch (SocketException e) when (path.IsDisturbed && !_closing!.IsCancellationRequested)
            {
                error = e;
            }

            // From the first disturbance on what comes by this connection goes through the line, whose order is the order of arrival.
            _line = new DelayLine(_socket, path);
            _line.Start(buffer[..received].ToArray(), error, _closing!.Token);
        }

        int count = 0;
        await WaitAsync(async either => count = await _line.ReadAsync(buffer, either).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return count;
    }

    /// <summary>Waits; that this side closes the connection meanwhile looks as it does with a socket.</summary>
    private async ValueTask WaitAsync(Func<CancellationToken, ValueTask> wait, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing!.Token);
        try
        {
            await wait(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(LinkSocket));
        }
    }

    private async ValueTask<int> SendThroughAsync(FreezeGate gate, ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await gate.PassAsync().ConfigureAwait(false);
        if (_outgoing is { IsDisturbed: true } path)
        {
            await WaitAsync(path.WhenOpenAsync, cancellationToken).ConfigureAwait(false);
            await WaitAsync(either => new ValueTask(Task.Delay(path.NextDelay(), either)), cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException) when (_incoming is { IsCut: true })
        {
            // That the other side has closed the connection is itself something that does not arrive.
            await WaitAsync(_incoming.WhenOpenAsync, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }
}
