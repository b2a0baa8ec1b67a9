using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Collects the values of a pipeline and stores them as a whole when it has come to its end: a watcher sees one change, and never half of it.
/// </summary>
/// <param name="path">The znode.</param>
/// <param name="parameters">How to store the values.</param>
/// <param name="store">Asks for the bytes and stores them, as a whole or at the end.</param>
internal sealed class ZNodeContentWriter(string path, WriteContentParameters parameters, Action<Func<byte[]>, ContentEnd> store) : IContentWriter
{
    private readonly List<object?> _values = [];
    private bool _append;
    private bool _closed;

    /// <inheritdoc/>
    public IList Write(IList content)
    {
        foreach (object? value in content)
        {
            object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
            if (parameters.AsByteStream && plain is not (byte or byte[]))
            {
                throw new CoordException(
                    "ContentNotBytes", ErrorCode.BadArguments, $"-AsByteStream takes bytes for '{path}', and this is of type {plain?.GetType().FullName ?? "null"}.",
                    "Give [byte] or [byte[]] values, or leave out -AsByteStream.", path);
            }

            _values.Add(value);
        }

        return content;
    }

    /// <summary>To the end, for <c>Add-Content</c>; there is no other place to write at.</summary>
    public void Seek(long offset, SeekOrigin origin)
    {
        if (offset != 0 || origin == SeekOrigin.Current)
            throw new NotSupportedException("The content of a znode is replaced or appended to.");
        _append = origin == SeekOrigin.End;
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (_closed)
            return;
        _closed = true;
        bool bytes = _values.Count > 0 && _values.TrueForAll(value => (value is PSObject wrapped ? wrapped.BaseObject : value) is byte or byte[]);
        store(bytes ? Bytes : Text, !_append ? ContentEnd.Replace : bytes || parameters.NoNewline ? ContentEnd.Append : ContentEnd.AppendLine);
    }

    /// <summary>PowerShell closes; what was not closed is not stored.</summary>
    public void Dispose() => _closed = true;

    private byte[] Bytes()
    {
        using var all = new MemoryStream();
        foreach (object? value in _values)
        {
            if ((value is PSObject wrapped ? wrapped.BaseObject : value) is byte[] several)
                all.Write(several);
            else
                all.WriteByte((byte)LanguagePrimitives.ConvertTo(value, typeof(byte), CultureInfo.InvariantCulture));
        }

        return all.ToArray();
    }

    private byte[] Text()
    {
        string text = string.Join(
            parameters.NoNewline ? "" : "\n",
            _values.Select(value => (string)LanguagePrimitives.ConvertTo(value, typeof(string), CultureInfo.InvariantCulture)));
        Encoding strict = Encoding.GetEncoding(parameters.Encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        try
        {
            return strict.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new CoordException(
                "DataNotConvertible", ErrorCode.BadArguments, $"The text for '{path}' has characters that {strict.WebName} lacks: it would not come back as it was.",
                "Use another -Encoding; utf8, the default, has them all.", path, e);
        }
    }
}
