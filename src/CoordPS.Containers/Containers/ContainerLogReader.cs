using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace CoordPS.Containers;

/// <summary>
/// Reads a log as the engine sends it: frames of eight bytes and a part of an output, or, of a container with a terminal, the bare output. Each
/// line begins with its time.
/// </summary>
internal static class ContainerLogReader
{
    private const int HeaderLength = 8;

    /// <summary>The longest part of a line that engines send at once.</summary>
    private const int MaxFrame = 1 << 24;

    public static IAsyncEnumerable<ContainerLogLine> ReadAsync(Stream log, bool tty, CancellationToken ct) => tty ? ReadPlainAsync(log, ct) : ReadFramesAsync(log, ct);

    private static async IAsyncEnumerable<ContainerLogLine> ReadFramesAsync(Stream log, [EnumeratorCancellation] CancellationToken ct)
    {
        // Long lines come in parts, each with a time of its own, cut anywhere, within a character, too; those of the two outputs may take turns.
        var parts = new Dictionary<ContainerStream, (DateTimeOffset Time, MemoryStream Text)>();
        byte[] header = new byte[HeaderLength];
        while (await log.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, ct).ConfigureAwait(false) == HeaderLength)
        {
            ContainerStream stream = header[0] == 2 ? ContainerStream.Stderr : ContainerStream.Stdout;
            int length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
            if (length is < 0 or > MaxFrame)
                throw new IOException($"A part of the log claims to have {length} bytes.");
            byte[] frame = new byte[length];
            await log.ReadExactlyAsync(frame, ct).ConfigureAwait(false);
            (DateTimeOffset time, int start) = TimeOf(frame);
            bool ends = frame.AsSpan(start).EndsWith("\n"u8);
            if (!parts.Remove(stream, out (DateTimeOffset Time, MemoryStream Text) part))
            {
                if (ends)
                {
                    yield return new ContainerLogLine(time, stream, TextOf(frame.AsSpan(start)));
                    continue;
                }

                part = (time, new MemoryStream());
            }

            part.Text.Write(frame, start, length - start);
            if (ends)
                yield return new ContainerLogLine(part.Time, stream, TextOf(part.Text));
            else
                parts[stream] = part;
        }

        foreach ((ContainerStream stream, (DateTimeOffset time, MemoryStream text)) in parts)
            yield return new ContainerLogLine(time, stream, TextOf(text));
    }

    private static string TextOf(MemoryStream text) => TextOf(text.GetBuffer().AsSpan(0, (int)text.Length));

    private static string TextOf(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text.TrimEnd("\r\n"u8));

    /// <summary>The time that a part begins with, and where what was written begins.</summary>
    private static (DateTimeOffset Time, int Start) TimeOf(byte[] frame)
    {
        int space = Array.IndexOf(frame, (byte)' ');
        return space > 0 && DateTimeOffset.TryParse(Encoding.UTF8.GetString(frame, 0, space), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset time)
            ? (time, space + 1)
            : (default, 0);
    }

    private static async IAsyncEnumerable<ContainerLogLine> ReadPlainAsync(Stream log, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = new StreamReader(log, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        while (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { } line)
        {
            (DateTimeOffset time, string text) = Split(line);
            yield return new ContainerLogLine(time, ContainerStream.Stdout, text.TrimEnd('\r'));
        }
    }

    private static (DateTimeOffset Time, string Text) Split(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset time)
            ? (time, line[(space + 1)..])
            : (default, line);
    }
}
