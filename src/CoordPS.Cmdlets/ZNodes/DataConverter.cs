using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Turns values into a znode's bytes and back. JSON is PowerShell's own, so it has to run on the pipeline thread.</summary>
internal sealed class DataConverter(ZNodeDataFormat format, Encoding encoding, CommandInvocationIntrinsics commands)
{
    private readonly Encoding _strict = Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);

    /// <summary>The bytes for a value.</summary>
    /// <exception cref="CoordException">The value can't be turned into bytes as asked.</exception>
    public byte[]? ToBytes(object? value, string? path)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is ZNode node)
            return node.Data;
        if (format == ZNodeDataFormat.Json)
            return plain is null ? null : Encode(ToJson(value), path);
        return plain switch
        {
            null => null,
            byte[] bytes => bytes,
            ReadOnlyMemory<byte> memory => memory.ToArray(),
            string text when format != ZNodeDataFormat.Bytes => Encode(text, path),
            char or bool or Guid or DateTime or DateTimeOffset or TimeSpan or Version or Uri or Enum when format != ZNodeDataFormat.Bytes => EncodeScalar(value!, path),
            byte one when format == ZNodeDataFormat.Bytes => [one],
            IConvertible and not string when format != ZNodeDataFormat.Bytes => EncodeScalar(value!, path),
            // What Get-Content -AsByteStream and ranges such as 1..3 come as.
            IList list when BytesOf(list) is { } bytes => bytes,
            _ => throw new CoordException(
                "DataNotConvertible", ErrorCode.BadArguments, $"A value of type {plain.GetType().FullName} can't be stored as {Describe(format)} in '{path}'.",
                "Give text or bytes ([byte[]]), or store the object as JSON with -As Json.", path),
        };
    }

    /// <summary>What a znode's bytes stand for.</summary>
    /// <exception cref="CoordException">The bytes are not the JSON that was asked for.</exception>
    public object? ToValue(byte[]? data, string path)
    {
        if (data is null || format == ZNodeDataFormat.Bytes)
            return data;
        switch (format)
        {
            case ZNodeDataFormat.Text:
                return WithoutMark(encoding.GetString(data));
            case ZNodeDataFormat.Json:
                return FromJson(data, path);
            default:
                try
                {
                    return WithoutMark(_strict.GetString(data));
                }
                catch (DecoderFallbackException)
                {
                    return data;
                }
        }
    }

    /// <summary>A byte order mark that someone else has stored is no part of the text.</summary>
    private static string WithoutMark(string text) => text.Length > 0 && text[0] == '\uFEFF' ? text[1..] : text;

    private static string Describe(ZNodeDataFormat format) => format switch
    {
        ZNodeDataFormat.Bytes => "bytes",
        ZNodeDataFormat.Json => "JSON",
        _ => "text",
    };

    private static byte[]? BytesOf(IList list)
    {
        byte[] bytes = new byte[list.Count];
        for (int i = 0; i < bytes.Length; i++)
        {
            object? item = list[i] is PSObject wrapped ? wrapped.BaseObject : list[i];
            switch (item)
            {
                case byte b:
                    bytes[i] = b;
                    break;
                case int n and >= 0 and <= 255:
                    bytes[i] = (byte)n;
                    break;
                default:
                    return null;
            }
        }

        return bytes;
    }

    private byte[] EncodeScalar(object value, string? path) =>
        Encode((string)LanguagePrimitives.ConvertTo(value, typeof(string), CultureInfo.InvariantCulture), path);

    private byte[] Encode(string text, string? path)
    {
        try
        {
            return _strict.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new CoordException(
                "DataNotConvertible", ErrorCode.BadArguments, $"The text for '{path}' has characters that {encoding.WebName} lacks: it would not come back as it was.",
                "Use another -Encoding; utf8, the default, has them all.", path, e);
        }
    }

    private string ToJson(object? value) =>
        string.Concat(commands.InvokeScript(
            "param($Value) ConvertTo-Json -InputObject $Value -Depth 100 -Compress", false, PipelineResultTypes.None, null, value).Select(line => line.ToString()));

    private object? FromJson(byte[] data, string path)
    {
        string text = WithoutMark(encoding.GetString(data));
        if (string.IsNullOrWhiteSpace(text))
            return null;
        try
        {
            var results = commands.InvokeScript(
                "param($Text) ConvertFrom-Json -InputObject $Text -NoEnumerate -ErrorAction Stop", false, PipelineResultTypes.None, null, text);
            return results.Count == 1 ? results[0] : results;
        }
        catch (Exception e) when (e is ArgumentException or RuntimeException)
        {
            throw new CoordException(
                "DataNotJson", ErrorCode.MarshallingError, $"The data of '{path}' is not JSON: {e.Message}", "Read it as text or bytes: -As Text, -As Bytes.", path, e);
        }
    }
}
