<#
Runs a task's script and tells the task, line by line of JSON, what it does. What to run comes through the same pipe.
The script has a runspace of its own, without a console: nothing can ask for input, and every stream can be passed on in order.
It is stopped, as Ctrl+C stops it, when the task says so, when the task is gone, and when this process gets Ctrl+C itself.
#>
param([Parameter(Mandatory)] [string] $Channel)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$token = $env:COORDPS_TASK_TOKEN
Remove-Item Env:COORDPS_TASK_TOKEN

$utf8 = [Text.UTF8Encoding]::new($false)
[Console]::OutputEncoding = $utf8
$pipe = [IO.Pipes.NamedPipeClientStream]::new('.', $Channel, [IO.Pipes.PipeDirection]::InOut, [IO.Pipes.PipeOptions]::Asynchronous)
$pipe.Connect(30000)
# A socket is a file, not needed once both ends are there; the task can't remove it if it is killed.
if ([IO.Path]::IsPathRooted($Channel)) { Remove-Item -LiteralPath (Split-Path $Channel) -Recurse -Force }
$reader = [IO.StreamReader]::new($pipe, $utf8)
$writer = [IO.StreamWriter]::new($pipe, $utf8)
$writer.NewLine = "`n"
$writer.AutoFlush = $true
$writer.WriteLine($token)
$request = $reader.ReadLine() | ConvertFrom-Json -AsHashtable

function Send([hashtable] $Message) { $writer.WriteLine((ConvertTo-Json $Message -Compress -Depth 3)) }

# The queue is bounded: a script that prints faster than the log takes it waits.
$queue = [Collections.Concurrent.BlockingCollection[object]]::new(1000)
$state = [hashtable]::Synchronized(@{ Done = $false; Stopped = $false; Failed = $false; Issues = $false })
$worker = [powershell]::Create()
[void]$worker.AddScript({
    param($Queue, $State, $Request, $Library)
    try {
        Import-Module $Library -ArgumentList $Queue
        $ErrorActionPreference = 'Stop'
        $ConfirmPreference = 'None'
        $InformationPreference = 'Continue'
        $VerbosePreference = $Request.verbose ? 'Continue' : 'SilentlyContinue'
        $PSStyle.OutputRendering = 'PlainText'
        & {
            Import-TaskModule $Request.modulePath $Request.minimumVersion
            $parameters = $Request.parameters
            & $Request.script @parameters
        } *>&1 | ForEach-Object { $Queue.Add($_) }
    }
    catch {
        $State.Failed = $true
        $Queue.Add($_)
    }
    finally {
        $Queue.CompleteAdding()
    }
}).AddArgument($queue).AddArgument($state).AddArgument($request).AddArgument((Join-Path $PSScriptRoot CoordPSTask.psm1))

$watcher = [powershell]::Create()
[void]$watcher.AddScript({
    param($Reader, $State, $Worker)
    # A line, or the end of the pipe.
    try { [void]$Reader.ReadLine() } catch [IO.IOException] { }
    if (-not $State.Done) {
        $State.Stopped = $true
        $Worker.Stop()
    }
}).AddArgument($reader).AddArgument($state).AddArgument($worker)

function Send-Item($Item) {
    if ($null -eq $Item) { return }
    switch ($Item.GetType().Name) {
        'ErrorRecord' {
            # What a program writes to its standard error is no error in itself.
            if ($Item.FullyQualifiedErrorId -like 'NativeCommandError*') {
                Send @{ type = 'output'; text = "$Item" }
                break
            }
            $state.Issues = $true
            $text = if ($Item.ErrorDetails -and $Item.ErrorDetails.Message) { $Item.ErrorDetails.Message } else { $Item.Exception.Message }
            $message = @{ type = 'error'; text = $text; id = ($Item.FullyQualifiedErrorId -split ',')[0] }
            if ($Item.ErrorDetails -and $Item.ErrorDetails.RecommendedAction) { $message.action = $Item.ErrorDetails.RecommendedAction }
            if ($Item.InvocationInfo) { $message.position = "$($Item.InvocationInfo.PositionMessage)`n$($Item.ScriptStackTrace)" }
            Send $message
        }
        'WarningRecord' { Send @{ type = 'warning'; text = $Item.Message } }
        'VerboseRecord' { Send @{ type = 'verbose'; text = $Item.Message } }
        'DebugRecord' { Send @{ type = 'verbose'; text = $Item.Message } }
        'InformationRecord' { Send @{ type = 'output'; text = "$Item" } }
        'Hashtable' { Send $Item }
        default { Send @{ type = 'output'; text = "$Item" } }
    }
}

$shown = 0
function Send-Progress {
    $records = $worker.Streams.Progress
    $count = $records.Count
    if ($count -eq $shown) { return }
    $script:shown = $count
    $last = $records[$count - 1]
    if ($last.RecordType -eq 'Processing' -and $last.PercentComplete -ge 0) {
        Send @{ type = 'progress'; activity = $last.Activity; percent = $last.PercentComplete }
    }
}

try {
    $running = $worker.BeginInvoke()
    $watching = $watcher.BeginInvoke()
    $item = $null
    # Progress has no place in the queue: it is looked at when a second has passed, and not for each item.
    $looked = [Diagnostics.Stopwatch]::StartNew()
    while (-not $queue.IsCompleted) {
        if ($queue.TryTake([ref] $item, 1000)) { Send-Item $item }
        if ($looked.ElapsedMilliseconds -ge 1000) {
            Send-Progress
            $looked.Restart()
        }
    }
    Send-Progress
    try { [void]$worker.EndInvoke($running) }
    catch { if (-not $state.Stopped) { throw } }
    $outcome = if ($state.Stopped) { 'stopped' } elseif ($state.Failed) { 'failed' } elseif ($state.Issues) { 'issues' } else { 'succeeded' }
    Send @{ type = 'result'; outcome = $outcome }
}
finally {
    $state.Done = $true
    if (-not $queue.IsAddingCompleted) { $queue.CompleteAdding() }
    # After Ctrl+C in this process the script still runs here; it gives back its locks now.
    $worker.Stop()
    $worker.Runspace.Dispose()
    # The task does it too, unless it was killed.
    Remove-Item -LiteralPath $request.scratch -Recurse -Force -ErrorAction Ignore
    $pipe.Dispose()
}
exit ($state.Failed ? 1 : 0)
