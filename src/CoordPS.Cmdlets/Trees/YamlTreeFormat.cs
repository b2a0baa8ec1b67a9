using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CoordPS.Client.Trees;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CoordPS.Cmdlets;

/// <summary>
/// A tree as YAML, with the fields of <see cref="JsonTreeFormat"/>; text of several lines is a block. Read and written as a stream.
/// </summary>
internal sealed class YamlTreeFormat : ITreeArchiveFormat
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public string Name => "YAML";

    /// <inheritdoc/>
    public ITreeArchiveReader OpenReader(Stream stream, string name) => new Reader(stream, name);

    /// <inheritdoc/>
    public ITreeArchiveWriter OpenWriter(Stream stream, TreeArchiveHeader? header, long count) => new Writer(stream, header, count);

    /// <inheritdoc/>
    public long FindEnd(Stream stream)
    {
        // Only the first line of a znode begins so at the start of a line. The last one may have been cut.
        byte[] mark = [.. "\n- path:"u8];
        byte[] buffer = new byte[64 * 1024];
        for (long end = stream.Length; end >= mark.Length;)
        {
            int length = (int)Math.Min(buffer.Length, end);
            stream.Position = end - length;
            stream.ReadExactly(buffer, 0, length);
            int at = buffer.AsSpan(0, length).LastIndexOf(mark);
            if (at >= 0)
                return end - length + at + 1;
            end -= length - mark.Length + 1;
        }

        return 0;
    }

    private sealed class Writer : ITreeArchiveWriter
    {
        private readonly StreamWriter _text;
        private long _count;

        public Writer(Stream stream, TreeArchiveHeader? header, long count)
        {
            _text = new StreamWriter(stream, Utf8, 256 * 1024, leaveOpen: true) { NewLine = "\n" };
            _count = count;
            if (header is null)
                return;
            _text.WriteLine($"format: {JsonTreeFormat.FormatName}");
            _text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"version: {JsonTreeFormat.Version}"));
            WriteField("source", header.Source);
            WriteField("root", header.Root);
            WriteField("exported", header.Exported?.ToString("o", CultureInfo.InvariantCulture));
            WriteField("options", header.Options);
            _text.WriteLine($"sorted: {(header.Sorted ? "true" : "false")}");
            _text.WriteLine("nodes:");
        }

        public ValueTask WriteAsync(TreeNode node, CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            _count++;
            _text.Write("- path: ");
            WriteQuoted(node.Path);
            if (node.Data is { } data)
            {
                if (!TreeNodeText.IsText(data))
                {
                    _text.Write("  base64: ");
                    _text.WriteLine(Convert.ToBase64String(data));
                }
                else
                {
                    WriteText(Utf8.GetString(data));
                }
            }

            if (!ReferenceEquals(node.Acl, Protocol.Acl.OpenUnsafe))
            {
                _text.WriteLine("  acl:");
                foreach (Protocol.Acl entry in node.Acl)
                {
                    _text.Write("  - ");
                    WriteQuoted(entry.ToString());
                }
            }

            if (TreeNodeText.FormatMode(node.Mode) is { } mode)
                _text.WriteLine($"  mode: {mode}");
            if (node.Ttl is { } ttl)
                _text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  ttl: {(long)ttl.TotalMilliseconds}"));
            return ValueTask.CompletedTask;
        }

        public async ValueTask CompleteAsync(CancellationToken ct)
        {
            await _text.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"count: {_count}")).ConfigureAwait(false);
            await _text.FlushAsync(ct).ConfigureAwait(false);
        }

        public ValueTask DisposeAsync() => _text.DisposeAsync();

        private void WriteField(string name, string? value)
        {
            if (value is null)
                return;
            _text.Write($"{name}: ");
            WriteQuoted(value);
        }

        private void WriteText(string text)
        {
            if (!IsBlock(text))
            {
                _text.Write("  data: ");
                WriteQuoted(text);
                return;
            }

            bool ends = text[^1] == '\n';
            _text.WriteLine(ends ? "  data: |" : "  data: |-");
            ReadOnlySpan<char> rest = ends ? text.AsSpan(..^1) : text;
            foreach (Range line in rest.Split('\n'))
            {
                if (!rest[line].IsEmpty)
                    _text.Write("    ");
                _text.WriteLine(rest[line]);
            }
        }

        /// <summary>Whether a block reads back as it is: lines, of which the first is not indented, and at most one line end after them.</summary>
        private static bool IsBlock(string text)
        {
            if (!text.Contains('\n', StringComparison.Ordinal) || text[0] is ' ' or '\t' or '\n' || text.EndsWith("\n\n", StringComparison.Ordinal)
                || text.TrimEnd('\n')[^1] is ' ' or '\t')
                return false;
            foreach (char c in text)
            {
                if (c is not ('\n' or '\t') && MustEscape(c))
                    return false;
            }

            return true;
        }

        private static bool MustEscape(char c) => c is < ' ' or (>= '\x7f' and <= '\xa0') or '\u2028' or '\u2029' or (>= '\ud800' and <= '\udfff') or '\ufeff' or >= '\ufffe';

        private void WriteQuoted(string text)
        {
            _text.Write('"');
            int start = 0;
            for (int i = 0; i < text.Length; i++)
            {
                char c = text[i];
                if (c is not ('"' or '\\') && !MustEscape(c))
                    continue;
                _text.Write(text.AsSpan(start, i - start));
                start = i + 1;
                switch (c)
                {
                    case '"' or '\\':
                        _text.Write('\\');
                        _text.Write(c);
                        break;
                    case '\n':
                        _text.Write("\\n");
                        break;
                    case '\r':
                        _text.Write("\\r");
                        break;
                    case '\t':
                        _text.Write("\\t");
                        break;
                    case >= '\ud800' and <= '\udfff':
                        // What is no text is not written as such: this is the first of a pair.
                        _text.Write(string.Create(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(text, i):X8}"));
                        i++;
                        start = i + 1;
                        break;
                    default:
                        _text.Write(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"));
                        break;
                }
            }

            _text.Write(text.AsSpan(start));
            _text.WriteLine('"');
        }
    }

    private sealed class Reader(Stream stream, string name) : ITreeArchiveReader
    {
        private readonly Parser _parser = new(new StreamReader(stream, Utf8, detectEncodingFromByteOrderMarks: true, 256 * 1024, leaveOpen: true));

        private long _line = 1;

        public ValueTask<TreeArchiveHeader> ReadHeaderAsync(CancellationToken ct) => ValueTask.FromResult(Read(null, () =>
        {
            bool known = false;
            var header = new TreeArchiveHeader();
            _parser.Consume<StreamStart>();
            if (!_parser.TryConsume<DocumentStart>(out _) || !_parser.TryConsume<MappingStart>(out _))
                throw Damaged("it does not hold a tree: it is no YAML mapping", "Choose a file that Export-ZNode wrote.");
            while (!_parser.Accept<MappingEnd>(out _))
            {
                string property = _parser.Consume<Scalar>().Value;
                if (property == "nodes")
                {
                    if (!known)
                        break;
                    _parser.Consume<SequenceStart>();
                    return header;
                }

                if (!_parser.TryConsume<Scalar>(out var value))
                {
                    _parser.SkipThisAndNestedEvents();
                    continue;
                }

                switch (property)
                {
                    case "format":
                        known = value.Value == JsonTreeFormat.FormatName;
                        break;
                    case "version":
                        if (int.Parse(value.Value, CultureInfo.InvariantCulture) > JsonTreeFormat.Version)
                            throw Damaged("it was written by a later version", "Use that version.");
                        break;
                    case "source":
                        header = header with { Source = value.Value };
                        break;
                    case "root":
                        header = header with { Root = value.Value };
                        break;
                    case "exported":
                        header = header with { Exported = DateTimeOffset.Parse(value.Value, CultureInfo.InvariantCulture) };
                        break;
                    case "options":
                        header = header with { Options = value.Value };
                        break;
                    case "sorted":
                        header = header with { Sorted = value.Value == "true" };
                        break;
                    default:
                        break;
                }
            }

            throw Damaged($"it does not hold a tree: there is no 'format: {JsonTreeFormat.FormatName}' before a list 'nodes'", "Choose a file that Export-ZNode wrote.");
        }));

        public async IAsyncEnumerable<TreeNode> ReadAsync(bool cut, [EnumeratorCancellation] CancellationToken ct)
        {
            // The parser has no asynchronous form: the reader's thread waits.
            await Task.CompletedTask.ConfigureAwait(false);
            long count = 0;
            while (Read(count, ReadNode) is { } node)
            {
                ct.ThrowIfCancellationRequested();
                count++;
                yield return node;
            }

            Read<object?>(null, () =>
            {
                while (_parser.TryConsume<Scalar>(out var property))
                {
                    if (property.Value != "count")
                        _parser.SkipThisAndNestedEvents();
                    else if (long.Parse(_parser.Consume<Scalar>().Value, CultureInfo.InvariantCulture) is var written && written != count)
                        throw Damaged($"{count} znodes are in it, and {written} were when it was written", "Export it again, or correct 'count' if you changed it.");
                }

                return null;
            });
        }

        private TreeNode? ReadNode()
        {
            if (_parser.TryConsume<SequenceEnd>(out _))
                return null;
            string? path = null, mode = null;
            byte[]? data = null;
            List<string>? acl = null;
            long? ttl = null;
            _parser.Consume<MappingStart>();
            while (!_parser.TryConsume<MappingEnd>(out _))
            {
                Scalar key = _parser.Consume<Scalar>();
                string field = key.Value;
                _line = key.Start.Line;
                if (field == "acl")
                {
                    acl = [];
                    _parser.Consume<SequenceStart>();
                    while (!_parser.TryConsume<SequenceEnd>(out _))
                        acl.Add(_parser.Consume<Scalar>().Value);
                    continue;
                }

                Scalar value = _parser.Consume<Scalar>();
                switch (field)
                {
                    case "path":
                        path = value.Value;
                        break;
                    case "data":
                        data = IsNull(value) ? null : Utf8.GetBytes(value.Value);
                        break;
                    case "base64":
                        data = IsNull(value) ? null : Convert.FromBase64String(value.Value);
                        break;
                    case "mode":
                        mode = value.Value;
                        break;
                    case "ttl":
                        ttl = long.Parse(value.Value, CultureInfo.InvariantCulture);
                        break;
                    default:
                        throw new FormatException($"'{field}' is not a field of a znode; they are path, data, base64, acl, mode and ttl");
                }
            }

            return TreeNodeText.Create(path, data, acl, mode, ttl);
        }

        private static bool IsNull(Scalar value) => value is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" };

        private T Read<T>(long? count, Func<T> read)
        {
            try
            {
                return read();
            }
            catch (Exception e) when (e is YamlException or FormatException or OverflowException or DecoderFallbackException)
            {
                string where = string.Create(CultureInfo.InvariantCulture, $"line {(e as YamlException)?.Start.Line ?? _line}{(count is null ? "" : $", znode {count + 1}")}");
                throw new TreeArchiveException(name, $"{where}: {e.Message.TrimEnd('.')}", "Correct it, or export it again.", e);
            }
        }

        private TreeArchiveException Damaged(string what, string action) => new(name, what, action);
    }
}
