using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace CoordPS.Cli;

/// <summary>
/// Logs to standard output, a line a message: text for people, or JSON with the message's values as fields of their own. It is a provider of
/// Microsoft.Extensions.Logging without that library's console package, whose set-up takes longer than the server's own start.
/// </summary>
internal sealed class ConsoleLog(LogLevel minimum, bool json) : ILoggerFactory
{
    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This log writes to standard output only.");

    public void Dispose() => _output.Dispose();

    public static LogLevel Level(string name) => name switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.None,
    };

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private void Write(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            try
            {
                _output.Write(line);
                _output.Flush();
            }
            catch (IOException)
            {
                // Whoever read the log is gone; the server goes on without a log rather than end.
            }
        }
    }

    private sealed class CategoryLogger(ConsoleLog log, string category) : ILogger
    {
        private readonly string _short = category[(category.LastIndexOf('.') + 1)..];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Minimum && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var message = formatter(state, exception);
            log.Write(log.Json ? Structured(logLevel, state, message, exception) : Plain(logLevel, message, exception));
        }

        private byte[] Plain(LogLevel level, string message, Exception? exception)
        {
            var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            var line = $"{time} {Name(level),-5} {_short}: {message}\n";
            return Encoding.UTF8.GetBytes(exception is null ? line : $"{line}{exception}\n");
        }

        private ReadOnlySpan<byte> Structured<TState>(LogLevel level, TState state, string message, Exception? exception)
        {
            var buffer = new ArrayBufferWriter<byte>(512);
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("time", DateTime.UtcNow);
                writer.WriteString("level", Name(level));
                writer.WriteString("category", category);
                writer.WriteString("message", message);
                if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
                {
                    writer.WriteStartObject("values");
                    foreach (var (name, value) in values)
                    {
                        if (name != "{OriginalFormat}")
                        {
                            writer.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                        }
                    }

                    writer.WriteEndObject();
                }

                if (exception is not null)
                {
                    writer.WriteString("exception", exception.ToString());
                }

                writer.WriteEndObject();
            }

            buffer.Write("\n"u8);
            return buffer.WrittenSpan;
        }
    }

    private LogLevel Minimum => minimum;

    private bool Json => json;
}
