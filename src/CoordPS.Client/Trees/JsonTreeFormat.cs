using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CoordPS.Client.Trees;

/// <summary>
/// A tree as JSON: an object with a header and the list <c>nodes</c>, one znode a line. It is read and written as a stream, whatever its size.
/// <code>
/// {"format":"coordps-tree","version":1,"root":"/app","sorted":true,"nodes":[
/// {"path":"/","data":"text"},
/// {"path":"/a","base64":"AAECAw==","acl":["world:anyone:r"]},
/// {"path":"/b"}
/// ],"count":3}
/// </code>
/// A znode with neither <c>data</c> nor <c>base64</c> has null data. A file written by hand may have any layout and order, and needs no
/// more of the header than the format.
/// </summary>
public sealed class JsonTreeFormat : ITreeArchiveFormat
{
    /// <summary>What the header calls the format.</summary>
    public const string FormatName = "coordps-tree";

    /// <summary>The version written, and the highest that is read.</summary>
    public const int Version = 1;

    internal static readonly JsonReaderOptions ReaderOptions = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    // Not for embedding in HTML: text in other scripts stays readable.
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <inheritdoc/>
    public string Name => "JSON";

    /// <inheritdoc/>
    public ITreeArchiveReader OpenReader(Stream stream, string name) => new Reader(stream, name);

    /// <inheritdoc/>
    public ITreeArchiveWriter OpenWriter(Stream stream, TreeArchiveHeader? header, long count) => new Writer(stream, header, count);

    /// <inheritdoc/>
    public long FindEnd(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        // Each line but the first ends a znode and the comma after it; strings have no line ends in them.
        byte[] buffer = new byte[64 * 1024];
        for (long end = stream.Length; end > 0;)
        {
            int length = (int)Math.Min(buffer.Length, end);
            stream.Position = end - length;
            stream.ReadExactly(buffer, 0, length);
            int at = buffer.AsSpan(0, length).LastIndexOf((byte)'\n');
            if (at > 0)
                return end - length + at - (buffer[at - 1] == ',' ? 1 : 0);
            // Not less than what is before it is looked at once more.
            end -= at == 0 && length > 1 ? length - 1 : length;
        }

        return 0;
    }

    private sealed class Writer : ITreeArchiveWriter
    {
        private const int FlushAt = 256 * 1024;

        private readonly Stream _stream;
        private readonly ArrayBufferWriter<byte> _buffer = new(FlushAt + 64 * 1024);
        private readonly Utf8JsonWriter _json;
        private long _count;

        public Writer(Stream stream, TreeArchiveHeader? header, long count)
        {
            _stream = stream;
            _count = count;
            _json = new Utf8JsonWriter(_buffer, WriterOptions);
            if (header is not null)
                WriteHeader(header);
        }

        public async ValueTask WriteAsync(TreeNode node, CancellationToken ct)
        {
            if (_count++ > 0)
                _buffer.Write(",\n"u8);
            _json.Reset();
            _json.WriteStartObject();
            _json.WriteString("path"u8, node.Path);
            if (node.Data is { } data)
            {
                if (TreeNodeText.IsText(data))
                    _json.WriteString("data"u8, data);
                else
                    _json.WriteBase64String("base64"u8, data);
            }

            TreeNodeMeta.WriteFields(_json, node);
            _json.WriteEndObject();
            _json.Flush();
            if (_buffer.WrittenCount >= FlushAt)
                await FlushAsync(ct).ConfigureAwait(false);
        }

        public async ValueTask CompleteAsync(CancellationToken ct)
        {
            _buffer.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n],\"count\":{_count}}}\n")));
            await FlushAsync(ct).ConfigureAwait(false);
            await _stream.FlushAsync(ct).ConfigureAwait(false);
        }

        /// <summary>Writes what is there of an export that ends early, so that it can be gone on with.</summary>
        public async ValueTask DisposeAsync()
        {
            await FlushAsync(CancellationToken.None).ConfigureAwait(false);
            await _json.DisposeAsync().ConfigureAwait(false);
        }

        private void WriteHeader(TreeArchiveHeader header)
        {
            _json.WriteStartObject();
            _json.WriteString("format"u8, FormatName);
            _json.WriteNumber("version"u8, Version);
            if (header.Source is not null)
                _json.WriteString("source"u8, header.Source);
            if (header.Root is not null)
                _json.WriteString("root"u8, header.Root);
            if (header.Exported is { } exported)
                _json.WriteString("exported"u8, exported);
            if (header.Options is not null)
                _json.WriteString("options"u8, header.Options);
            _json.WriteBoolean("sorted"u8, header.Sorted);
            _json.WriteStartArray("nodes"u8);
            _json.Flush();
            _buffer.Write("\n"u8);
        }

        private async ValueTask FlushAsync(CancellationToken ct)
        {
            await _stream.WriteAsync(_buffer.WrittenMemory, ct).ConfigureAwait(false);
            _buffer.ResetWrittenCount();
        }
    }

    /// <summary>Reads with a buffer that holds at least one znode.</summary>
    private sealed class Reader(Stream stream, string name) : ITreeArchiveReader
    {
        private byte[] _buffer = new byte[256 * 1024];
        private int _start;
        private int _end;
        private bool _isFinal;
        private JsonReaderState _state = new(ReaderOptions);

        private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

        public async ValueTask<TreeArchiveHeader> ReadHeaderAsync(CancellationToken ct)
        {
            await FillAsync(ct).ConfigureAwait(false);
            if (Unread.StartsWith("\uFEFF"u8))
                _start += 3;
            while (true)
            {
                if (TryReadHeader(out TreeArchiveHeader? header))
                    return header!;
                await FillAsync(ct).ConfigureAwait(false);
            }
        }

        public async IAsyncEnumerable<TreeNode> ReadAsync(bool cut, [EnumeratorCancellation] CancellationToken ct)
        {
            long count = 0;
            while (true)
            {
                if (cut && _isFinal && IsAtEnd())
                    yield break;
                switch (TryReadNode(count, out TreeNode? node))
                {
                    case null:
                        if (!_isFinal || !cut)
                        {
                            await FillAsync(ct).ConfigureAwait(false);
                            break;
                        }

                        yield break;
                    case true:
                        count++;
                        yield return node!;
                        break;
                    default:
                        while (!TryReadTrailer(count))
                            await FillAsync(ct).ConfigureAwait(false);
                        yield break;
                }
            }
        }

        private bool IsAtEnd() => Unread.Trim(" \t\r\n,"u8).IsEmpty;

        /// <summary>Reads more, after what is unread.</summary>
        private async ValueTask FillAsync(CancellationToken ct)
        {
            if (_isFinal)
                throw Damaged("it ends early", "It was cut short: export it again.");
            if (_start > 0)
            {
                Unread.CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, checked(_buffer.Length * 2));
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
            _end += read;
            _isFinal = read == 0;
        }

        private bool TryReadHeader(out TreeArchiveHeader? header)
        {
            header = new TreeArchiveHeader();
            bool known = false;
            var json = new Utf8JsonReader(Unread, isFinalBlock: false, _state);
            try
            {
                if (!json.Read())
                    return false;
                if (json.TokenType != JsonTokenType.StartObject)
                    throw Damaged("it does not hold a tree: it is no JSON object", "Choose a file that Export-ZNode wrote.");
                while (json.Read())
                {
                    if (json.TokenType != JsonTokenType.PropertyName)
                        throw Damaged("it does not hold a tree: it has no list 'nodes'", "Choose a file that Export-ZNode wrote.");
                    string property = json.GetString()!;
                    if (property != "nodes")
                    {
                        Utf8JsonReader probe = json;
                        if (!probe.TrySkip())
                            return false;
                    }

                    if (!json.Read())
                        return false;
                    switch (property)
                    {
                        case "format":
                            known = json.GetString() == FormatName;
                            break;
                        case "version":
                            if (json.GetInt32() > Version)
                                throw Damaged("it was written by a later version", "Use that version.");
                            break;
                        case "source":
                            header = header with { Source = json.GetString() };
                            break;
                        case "root":
                            header = header with { Root = json.GetString() };
                            break;
                        case "exported":
                            header = header with { Exported = json.GetDateTimeOffset() };
                            break;
                        case "options":
                            header = header with { Options = json.GetString() };
                            break;
                        case "sorted":
                            header = header with { Sorted = json.GetBoolean() };
                            break;
                        case "nodes":
                            if (!known || json.TokenType != JsonTokenType.StartArray)
                                throw Damaged($"it does not hold a tree: there is no \"format\":\"{FormatName}\" before a list 'nodes'", "Choose a file that Export-ZNode wrote.");
                            Take(ref json);
                            return true;
                        default:
                            json.TrySkip();
                            break;
                    }
                }

                return false;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                throw Damaged(e.Message.TrimEnd('.'), "Correct it, or export it again.", e);
            }
        }

        /// <summary>The next znode: true when there is one, false at the end of the list, null when more has to be read.</summary>
        private bool? TryReadNode(long count, out TreeNode? node)
        {
            node = null;
            string? path = null;
            try
            {
                var json = new Utf8JsonReader(Unread, isFinalBlock: false, _state);
                if (!json.Read())
                    return null;
                if (json.TokenType == JsonTokenType.EndArray)
                {
                    Take(ref json);
                    return false;
                }

                if (json.TokenType != JsonTokenType.StartObject)
                    throw new FormatException("it is not an object");
                Utf8JsonReader probe = json;
                if (!probe.TrySkip())
                    return null;
                byte[]? data = null;
                List<string>? acl = null;
                string? mode = null;
                long? ttl = null;
                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    if (json.ValueTextEquals("path"u8))
                    {
                        json.Read();
                        path = json.GetString();
                    }
                    else if (json.ValueTextEquals("data"u8))
                    {
                        json.Read();
                        data = ReadText(ref json);
                    }
                    else if (json.ValueTextEquals("base64"u8))
                    {
                        json.Read();
                        data = json.TokenType == JsonTokenType.Null ? null : json.GetBytesFromBase64();
                    }
                    else if (!TreeNodeMeta.TryReadField(ref json, ref acl, ref mode, ref ttl))
                    {
                        throw new FormatException($"'{json.GetString()}' is not a field of a znode; they are path, data, base64, acl, mode and ttl");
                    }
                }

                node = TreeNodeText.Create(path, data, acl, mode, ttl);
                Take(ref json);
                return true;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                throw Damaged($"znode {count + 1}{(path is null ? "" : $" ('{path}')")}: {e.Message.TrimEnd('.')}", "Correct it, or export it again.", e);
            }
        }

        private bool TryReadTrailer(long count)
        {
            try
            {
                var json = new Utf8JsonReader(Unread, isFinalBlock: false, _state);
                while (json.Read())
                {
                    if (json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == 0)
                        return true;
                    if (json.TokenType != JsonTokenType.PropertyName || !json.ValueTextEquals("count"u8))
                        continue;
                    if (!json.Read())
                        return false;
                    if (json.GetInt64() != count)
                        throw Damaged($"{count} znodes are in it, and {json.GetInt64()} were when it was written", "Export it again, or correct 'count' if you changed it.");
                }

                return false;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                throw Damaged(e.Message.TrimEnd('.'), "Correct it, or export it again.", e);
            }
        }

        private static byte[]? ReadText(ref Utf8JsonReader json)
        {
            if (json.TokenType == JsonTokenType.Null)
                return null;
            if (json.TokenType != JsonTokenType.String)
                throw new FormatException("data is not a text");
            if (!json.ValueIsEscaped)
                return json.ValueSpan.ToArray();
            byte[] text = new byte[json.ValueSpan.Length];
            return text[..json.CopyString(text)];
        }

        private void Take(ref Utf8JsonReader json)
        {
            _start += (int)json.BytesConsumed;
            _state = json.CurrentState;
        }

        private TreeArchiveException Damaged(string what, string action, Exception? inner = null) => new(name, what, action, inner);
    }
}
