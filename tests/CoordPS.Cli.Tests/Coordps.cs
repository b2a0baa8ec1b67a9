using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace CoordPS.Cli.Tests;

/// <summary>The executable as a process, as a shell would run it.</summary>
internal sealed class Coordps : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<string> _line = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string? _awaited;

    private Coordps(string? awaited, string[] arguments)
    {
        _awaited = awaited;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "coordps.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Received(e.Data);
        _process.ErrorDataReceived += (_, e) => Append(_errors, e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = new Coordps(null, arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, process.Output, process._errors.ToString());
    }

    /// <summary>Starts it and waits for a line of output that holds a text.</summary>
    public static async Task<Coordps> StartAsync(string awaited, params string[] arguments)
    {
        var process = new Coordps(awaited, arguments);
        var ended = process._process.WaitForExitAsync();
        if (await Task.WhenAny(process._line.Task, ended).WaitAsync(Patience) == ended && !process._line.Task.IsCompleted)
        {
            throw new InvalidOperationException($"coordps ended with {process._process.ExitCode}: {process._output}{process._errors}");
        }

        return process;
    }

    /// <summary>Asks it to stop as a service manager does, and waits for it.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        return await ExitAsync();
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public static async Task<string> FourLetterWordAsync(int port, string word)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(word));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            // Its files are about to be deleted.
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.Append(line is null ? "" : line + "\n");
        }
    }

    private void Received(string? line)
    {
        Append(_output, line);
        if (line is not null && _awaited is not null && line.Contains(_awaited, StringComparison.Ordinal))
        {
            _line.TrySetResult(line);
        }
    }
}
