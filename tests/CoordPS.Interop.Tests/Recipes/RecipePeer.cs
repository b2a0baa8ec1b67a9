using System.Diagnostics;
using System.Globalization;
using System.Text;
using CoordPS.Testing;

namespace CoordPS.Interop.Tests.Recipes;

/// <summary>Something that a peer's process said, by the clock that all processes share.</summary>
internal sealed record PeerLine(long Time, string Text);

/// <summary>A process that contends by a recipe of this client's (recipe-worker), of kazoo's or of Curator's.</summary>
internal sealed class RecipePeer : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> CuratorClasses = new(CompileAsync);

    private readonly Process _process;
    private readonly List<PeerLine> _lines = [];
    private readonly StringBuilder _errors = new();

    private RecipePeer(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (_lines)
                _errors.AppendLine(e.Data);
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has said.</summary>
    internal IReadOnlyList<PeerLine> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>Starts our worker.</summary>
    internal static RecipePeer Ours(params string[] arguments) =>
        new(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Beside("recipe-worker.dll"), .. arguments]));

    /// <summary>Starts kazoo.</summary>
    internal static RecipePeer Kazoo(params string[] arguments) => new(new ProcessStartInfo("/usr/bin/python3", [Beside("peers", "kazoo_peer.py"), .. arguments]));

    /// <summary>Starts Curator.</summary>
    internal static async Task<RecipePeer> CuratorAsync(params string[] arguments) => new(new ProcessStartInfo(
        Peers.FindOnPath("java")!,
        ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", await CuratorClasses.Value + Path.PathSeparator + Peers.CuratorClassPath, "CuratorPeer", .. arguments]));

    /// <summary>Waits until all have ended well and returns what they said, in the order of the clock.</summary>
    internal static async Task<IReadOnlyList<string>> FinishAsync(params RecipePeer[] peers)
    {
        await Task.WhenAll(peers.Select(peer => peer.FinishAsync()));
        return [.. peers.SelectMany(peer => peer.Lines).OrderBy(line => line.Time).Select(line => line.Text)];
    }

    /// <summary>Closes its input: for the modes that wait for that.</summary>
    internal void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for something it says.</summary>
    internal Task SaidAsync(Func<string, bool> predicate) => Eventually.TrueAsync(
        () => Lines.Any(line => predicate(line.Text)) ? true : _process.HasExited ? throw new InvalidOperationException($"The peer has ended. {_errors}") : false, "the peer says so");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Beside(params string[] path) => Path.Combine([AppContext.BaseDirectory, .. path]);

    private static async Task<string> CompileAsync()
    {
        var directory = new TempDirectory();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => directory.Dispose();
        using Process javac = Process.Start(new ProcessStartInfo(
            Peers.FindOnPath("javac")!, ["-nowarn", "-proc:none", "-cp", Peers.CuratorClassPath, "-d", directory.Path, Beside("peers", "CuratorPeer.java")])
        { RedirectStandardError = true, UseShellExecute = false })!;
        string errors = await javac.StandardError.ReadToEndAsync();
        await javac.WaitForExitAsync();
        return javac.ExitCode == 0 ? directory.Path : throw new InvalidOperationException($"CuratorPeer.java does not compile: {errors}");
    }

    private async Task FinishAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(180));
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            throw new TimeoutException($"{string.Join(' ', _process.StartInfo.ArgumentList)} did not end. It said: {string.Join("; ", Lines.TakeLast(5))} {_errors}");
        }

        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', _process.StartInfo.ArgumentList)} ended with {_process.ExitCode}. {_errors}");
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && long.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, out long time))
        {
            lock (_lines)
                _lines.Add(new PeerLine(time, line[(space + 1)..]));
        }
    }
}
