using System.ComponentModel;
using System.Diagnostics;

namespace CoordPS.Server.Hosting;

/// <summary>A member in a process of its own.</summary>
internal sealed class ProcessMember : LocalMember
{
    /// <summary>How long a member may take to stop in good order before it is killed.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>How long one that runs may take to say what it does before it counts as not serving: a busy machine may stall for a while.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(3);

    private readonly string _executable;
    private readonly Lock _lock = new();
    private RecordedMember _process;
    private bool _wasStopped;
    private long _logStart;
    private LocalMemberRole _role;

    /// <param name="ensemble">The ensemble's name.</param>
    /// <param name="folder">The member's folder.</param>
    /// <param name="executable">The executable.</param>
    /// <param name="process">What is noted of its process.</param>
    public ProcessMember(string ensemble, MemberFolder folder, string executable, RecordedMember? process)
        : base(ensemble, folder)
    {
        _executable = executable;
        _process = process ?? new RecordedMember(folder.Id, 0, null);
    }

    public override string LogPath => Path.Combine(DataPath, "coordps.log");

    public override int ProcessId => Current() is { } process ? process.ProcessId : 0;

    public override LocalMemberState State => Current() is { } process
        ? ProcessIdentity.IsStopped(process.ProcessId) ?? process.IsSuspended ? LocalMemberState.Suspended : LocalMemberState.Running
        : HasFailed ? LocalMemberState.Failed : LocalMemberState.Stopped;

    public override LocalMemberRole Role => Current() is null ? LocalMemberRole.None : _role;

    public override string? Failure => Current() is null && HasFailed
        ? $"its process {_process.ProcessId} is gone{(LastLogLine() is { } line ? $"; its last words: {line}" : ".")}" : null;

    private bool HasFailed
    {
        get
        {
            lock (_lock)
                return _process.ProcessId != 0 && !_wasStopped;
        }
    }

    public override Task WaitUntilServingAsync(CancellationToken cancellationToken = default) => PollUntilServingAsync(PollInterval, Ended, cancellationToken);

    public override async Task RefreshAsync(CancellationToken cancellationToken = default) => _role = State == LocalMemberState.Running
        ? await MemberProbe.RoleAsync(ClientEndPoint, AnswerPatience, cancellationToken).ConfigureAwait(false)
        : LocalMemberRole.None;

    private protected override Task StartOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            Folder = Folder.Reload();
            _logStart = File.Exists(LogPath) ? new FileInfo(LogPath).Length : 0;
            int id = DetachedProcess.Start(_executable, ["server", ConfigPath!, "--detach"], DataPath, LogPath);
            var process = new RecordedMember(Id, id, ProcessIdentity.Of(id));
            lock (_lock)
                (_process, _wasStopped) = (process, false);
            Note(process);
            return Task.CompletedTask;
        }
        catch (Win32Exception e)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Executable, $"Member {Id} of ensemble '{Ensemble}' can't start: '{_executable}' can't be run: {e.Message}",
                "Check the file's permissions and that the .NET runtime is installed.", Id, e);
        }
        catch (ConfigException e)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Configuration, $"Member {Id} of ensemble '{Ensemble}' can't start: {e.Message}", $"Correct '{ConfigPath}'.", Id, e);
        }
    }

    private protected override async Task EndAsync(bool kill, CancellationToken cancellationToken)
    {
        if (Current() is { } process)
        {
            if (kill || State == LocalMemberState.Suspended)
                DetachedProcess.Kill(process.ProcessId);
            else
                DetachedProcess.Terminate(process.ProcessId);
            long start = Stopwatch.GetTimestamp();
            for (bool killed = kill; ProcessIdentity.IsAlive(process.ProcessId, process.Identity); await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false))
            {
                if (!killed && Stopwatch.GetElapsedTime(start) > StopPatience)
                {
                    DetachedProcess.Kill(process.ProcessId);
                    killed = true;
                }
            }
        }

        lock (_lock)
            _wasStopped = true;
        Note(new RecordedMember(Id, 0, null));
    }

    private protected override async Task FreezeAsync(bool freeze, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.State, "Windows can't suspend a process.", "Start the ensemble in this process, without -OutOfProcess.", Id);
        }

        if (Current() is not { } process)
            return;
        if (freeze)
            DetachedProcess.Stop(process.ProcessId);
        else
            DetachedProcess.Continue(process.ProcessId);
        process = process with { IsSuspended = freeze };
        lock (_lock)
            _process = process;
        Note(process);
        // The signal takes effect in its own time.
        while (ProcessIdentity.IsStopped(process.ProcessId) is { } stopped && stopped != freeze)
            await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The process, when it runs; found anew when another shell has stopped or started it.</summary>
    private RecordedMember? Current()
    {
        lock (_lock)
        {
            if (ProcessIdentity.IsAlive(_process.ProcessId, _process.Identity))
                return _process;
            if (EnsembleStore.Read(Ensemble)?.Members.FirstOrDefault(m => m.Id == Id) is not { } noted || noted.ProcessId == 0)
            {
                _wasStopped = true;
                return null;
            }

            if (noted != _process)
                (_process, _wasStopped) = (noted, false);
            return ProcessIdentity.IsAlive(_process.ProcessId, _process.Identity) ? _process : null;
        }
    }

    private void Note(RecordedMember process) => EnsembleStore.Update(
        Ensemble, record => record with { Members = [.. record.Members.Where(m => m.Id != Id).Append(process).OrderBy(static m => m.Id)] });

    private LocalEnsembleException Ended() => LastLogLine() is { } line && line.Contains("Can't listen for", StringComparison.Ordinal)
        ? new LocalEnsembleException(
            LocalEnsembleProblem.Address, $"Member {Id} of ensemble '{Ensemble}' can't start: {line}",
            "Leave out the ports to have free ones chosen, or give others.", Id)
        : Failed();

    /// <summary>The last line of the log that is not empty: what a server that can't start says.</summary>
    private string? LastLogLine()
    {
        try
        {
            using var log = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            log.Position = Math.Max(Math.Min(_logStart, log.Length), log.Length - 8192);
            using var reader = new StreamReader(log);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
