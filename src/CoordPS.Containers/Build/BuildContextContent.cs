using System.Net;
using System.Net.Http.Headers;

namespace CoordPS.Containers;

/// <summary>A build context as the body of a request, in chunks.</summary>
internal sealed class BuildContextContent : HttpContent
{
    private readonly BuildContext _context;
    private readonly Action<long> _sent;

    /// <param name="context">The context.</param>
    /// <param name="sent">Is told the bytes sent so far, now and then.</param>
    public BuildContextContent(BuildContext context, Action<long> sent)
    {
        _context = context;
        _sent = sent;
        Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            var counter = new CountingStream(stream, _sent);
            await using (counter.ConfigureAwait(false))
            {
                await _context.WriteAsync(counter, cancellationToken).ConfigureAwait(false);
                counter.Report();
            }
        }
        catch (EngineHungUpException)
        {
            // It has answered already; the answer says why.
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <summary>Counts what is written; leaves the stream open.</summary>
    private sealed class CountingStream(Stream inner, Action<long> sent) : Stream
    {
        private const long Step = 1 << 20;
        private long _count, _reported;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Report() => sent(_reported = _count);

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            inner.Write(buffer, offset, count);
            Count(count);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            Count(buffer.Length);
        }

        private void Count(int written)
        {
            _count += written;
            if (_count - _reported >= Step)
                Report();
        }
    }
}
