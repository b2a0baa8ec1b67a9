# The servers that the tests run against.

$jars = '/usr/share/java'
$apacheJars = 'zookeeper', 'slf4j-api', 'slf4j-nop', 'log4j-1.2', 'netty-transport-native-unix-common', 'netty-codec', 'netty-resolver',
    'servlet-api', 'jetty9-util-ajax' | ForEach-Object { "$jars/$_.jar" }
$curatorJars = 'curator-client', 'curator-framework', 'curator-recipes', 'curator-x-discovery', 'guava', 'jackson-annotations', 'jackson-core',
    'jackson-databind' | ForEach-Object { "$jars/$_.jar" }
$recipes = "$PSScriptRoot/../interop/recipes"
$script:apache = $null
$script:curatorClasses = $null
$script:recipePeers = [System.Collections.Generic.List[hashtable]]::new()
$script:givenPorts = [System.Collections.Generic.HashSet[int]]::new()
$script:background = [System.Collections.Generic.List[powershell]]::new()

# A port that nothing listens on, another each time. It lies below those that systems hand out to whoever asks for any, and that ensembles choose from:
# one of them might be taken before it is used.
function Get-FreePort {
    while ($true) {
        $port = Get-Random -Minimum 10000 -Maximum 20000
        if (-not $script:givenPorts.Add($port)) { continue }
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, $port)
        try {
            $listener.Start()
            return $port
        } catch [System.Net.Sockets.SocketException] {
            Write-Verbose "$_"
        } finally {
            $listener.Stop()
        }
    }
}

# Emits @{ Name; ConnectionString; Skip } for each server to test against. A server that is not there has a reason in Skip.
function Start-TestPeer {
    param([string] $ConnectionString)

    $ensemble = Start-CoordEnsemble -Name 'module-tests' -Configuration @{ extendedTypesEnabled = $true; maxClientCnxns = 0 }
    @{ Name = 'CoordPS'; ConnectionString = $ensemble.ConnectionString; Skip = $null }
    if ($ConnectionString) {
        @{ Name = $ConnectionString; ConnectionString = $ConnectionString; Skip = $null }
    } elseif (-not (Get-Command java -CommandType Application -ErrorAction Ignore) -or -not (Test-Path "$jars/zookeeper.jar")) {
        Write-Host 'Apache ZooKeeper is missing (apt install zookeeper): the tests against it are skipped.'
        @{ Name = 'Apache'; ConnectionString = $null; Skip = 'Apache ZooKeeper is missing: apt install zookeeper' }
    } else {
        @{ Name = 'Apache'; ConnectionString = (($script:apache = Start-ApacheServer).ConnectionString); Skip = $null }
    }
}

# Starts a server of Apache's and emits @{ Process; Folder; ConnectionString }. One with lines of its own, such as a member of an ensemble, may
# take longer to serve: it is not waited for.
function Start-ApacheServer {
    param([string] $DataPath, [string[]] $Configuration = @())

    $folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-apache-').FullName
    $port = Get-FreePort
    $lines = @("dataDir=$(if ($DataPath) { $DataPath } else { "$folder/data" })", 'admin.enableServer=false', '4lw.commands.whitelist=srvr') + $Configuration
    $server = @{ Process = Start-ApacheProcess $folder $port $lines; Folder = $folder; ConnectionString = "127.0.0.1:$port" }
    if (-not $Configuration) {
        $null = Connect-Coord $server.ConnectionString -RetryTime 60s -ErrorAction Stop | Disconnect-Coord
    }
    $server
}

function Stop-ApacheServer {
    param([hashtable] $Server)

    $Server.Process.Kill()
    $Server.Process.WaitForExit()
    Remove-Item $Server.Folder -Recurse -Force
}

# Starts a server with its settings and output in a folder and emits its process.
function Start-ApacheProcess {
    param([string] $Folder, [int] $Port, [string[]] $Lines)

    Set-Content "$Folder/zoo.cfg" (@('tickTime=2000', "clientPort=$Port", 'clientPortAddress=127.0.0.1', 'maxClientCnxns=0') + $Lines)
    $start = @{
        FilePath               = 'java'
        ArgumentList           = '-Xmx256m', '-XX:TieredStopAtLevel=1', '-Dzookeeper.extendedTypesEnabled=true', '-Dzookeeper.forceSync=no',
            '-cp', ($apacheJars -join ':'), 'org.apache.zookeeper.server.quorum.QuorumPeerMain', "$Folder/zoo.cfg"
        RedirectStandardOutput = "$Folder/out"
        RedirectStandardError  = "$Folder/err"
        PassThru               = $true
    }
    Start-Process @start
}

# Starts three members of an Apache ensemble and emits @{ ConnectionString; Processes; AdminPort; Folder }, where the first process is member 1's. The
# first member allows srvr only, and has an AdminServer.
function Start-ApacheEnsemble {
    $folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-apache-').FullName
    $ports = 1..10 | ForEach-Object { Get-FreePort }
    $servers = 1..3 | ForEach-Object { "server.$_=127.0.0.1:$($ports[2 + $_]):$($ports[5 + $_])" }
    $processes = foreach ($id in 1..3) {
        $null = New-Item "$folder/$id/data" -ItemType Directory -Force
        Set-Content "$folder/$id/data/myid" $id
        $own = $id -eq 1 ? @('4lw.commands.whitelist=srvr', "admin.serverPort=$($ports[9])", 'admin.serverAddress=127.0.0.1') : @('4lw.commands.whitelist=*', 'admin.enableServer=false')
        Start-ApacheProcess "$folder/$id" $ports[$id - 1] (@("dataDir=$folder/$id/data", 'initLimit=10', 'syncLimit=5') + $servers + $own)
    }
    $connectionString = ($ports[0..2] | ForEach-Object { "127.0.0.1:$_" }) -join ','
    $ensemble = @{ ConnectionString = $connectionString; Processes = $processes; AdminPort = $ports[9]; Folder = $folder }
    $null = Connect-Coord $connectionString -RetryTime 60s -ErrorAction Stop | Disconnect-Coord
    $ensemble
}

function Stop-ApacheEnsemble {
    param([hashtable] $Ensemble)

    $Ensemble.Processes | Where-Object { -not $_.HasExited } | ForEach-Object { $_.Kill(); $_.WaitForExit() }
    Remove-Item $Ensemble.Folder -Recurse -Force
}

function Stop-TestPeer {
    Stop-CoordEnsemble 'module-tests*'
    if ($script:apache) {
        Stop-ApacheServer $script:apache
        $script:apache = $null
    }
    if ($script:curatorClasses) {
        Remove-Item $script:curatorClasses -Recurse -Force
        $script:curatorClasses = $null
    }
}

# Opens a session whose root is an empty znode of its own.
function Connect-TestPeer {
    param([hashtable] $Peer)

    $chroot = "/coordps-test-$([guid]::NewGuid().ToString('n'))"
    $session = Connect-Coord $Peer.ConnectionString -ErrorAction Stop
    $null = New-ZNode $chroot -Session $session -ErrorAction Stop
    Disconnect-Coord $session
    Connect-Coord "$($Peer.ConnectionString)$chroot" -ErrorAction Stop
}

# Closes it and removes what it left.
function Disconnect-TestPeer {
    param($Session)

    Get-CoordSession | Where-Object Id -NE $Session.Id | Where-Object ConnectionString -EQ $Session.ConnectionString | Disconnect-Coord
    Disconnect-Coord $Session
    $servers, $chroot = $Session.ConnectionString -split '(?=/)', 2
    $root = Connect-Coord $servers
    Remove-ZNode $chroot -Recurse -Force -Session $root
    Disconnect-Coord $root
}

# Makes the servers end a session, as if it had not been heard of for its timeout: another client takes it over and closes it.
function Stop-Session {
    param($Session)

    $client = $Session.GetType().GetProperty('Client', [System.Reflection.BindingFlags]'Instance, NonPublic').GetValue($Session)
    $options = [CoordPS.Client.ZooKeeperClientOptions]::new()
    $options.ConnectionString = $Session.ConnectionString
    $options.SessionId = $client.SessionId
    $options.SessionPassword = $client.Password
    # The session's own client looks for a server again as soon as it has lost its connection, and may be faster for a while.
    $deadline = [datetime]::UtcNow.AddSeconds(20)
    while ($Session.State -ne 'Expired') {
        if ([datetime]::UtcNow -gt $deadline) {
            throw "$Session did not expire."
        }
        try {
            $other = [CoordPS.Client.ZooKeeperClient]::ConnectAsync($options, [System.Threading.CancellationToken]::None).GetAwaiter().GetResult()
            $other.DisposeAsync().AsTask().GetAwaiter().GetResult()
        } catch {
            Write-Verbose "$_"
        }
        Start-Sleep -Milliseconds 50
    }
}

# Runs a script in a runspace of its own, with the module and $Session, and emits @{ Shell; Output; Async }.
function Start-Background {
    param([scriptblock] $Script, $Session)

    $shell = [powershell]::Create()
    $null = $shell.AddScript('param($Module) Import-Module $Module').AddArgument($global:CoordTestModulePath).Invoke()
    $shell.Commands.Clear()
    $script:background.Add($shell)
    if ($script:background.Count -gt 4) { $script:background.RemoveAt(0) }
    $null = $shell.AddScript("param(`$Session)`n$Script").AddArgument($Session)
    $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
    @{ Shell = $shell; Output = $output; Async = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output) }
}

# Why a peer of the recipes, Kazoo or Curator, can't be run; nothing when it can.
function Get-MissingRecipePeer {
    param([ValidateSet('Kazoo', 'Curator')] [string] $Kind)

    if ($Kind -eq 'Kazoo') {
        if (-not (Test-Path /usr/bin/python3) -or (& /usr/bin/python3 -c 'import kazoo' 2>&1)) { 'kazoo is missing: apt install python3-kazoo' }
    } elseif (-not (Get-Command javac -CommandType Application -ErrorAction Ignore)) {
        'Java is missing: apt install default-jdk-headless'
    } elseif ($curatorJars + $apacheJars | Where-Object { -not (Test-Path $_) }) {
        'Curator is missing: apt install zookeeper libcurator-recipes-java libcurator-discovery-java'
    }
}

# Starts a process of tests/interop/recipes and emits @{ Process; Output; Errors }.
function Start-RecipePeer {
    param([ValidateSet('Kazoo', 'Curator')] [string] $Kind, [string[]] $Arguments)

    if ($Kind -eq 'Kazoo') {
        $file = '/usr/bin/python3'
        $first = @("$recipes/kazoo_peer.py")
    } else {
        $classPath = ($curatorJars + $apacheJars) -join ':'
        if (-not $script:curatorClasses) {
            $script:curatorClasses = [System.IO.Directory]::CreateTempSubdirectory('coordps-curator-').FullName
            $said = javac -nowarn -proc:none -cp $classPath -d $script:curatorClasses "$recipes/CuratorPeer.java" 2>&1
            if ($LASTEXITCODE) { throw "CuratorPeer.java does not compile: $said" }
        }
        $file = 'java'
        $first = '-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', "$($script:curatorClasses):$classPath", 'CuratorPeer'
    }
    $start = [System.Diagnostics.ProcessStartInfo]::new($file, [string[]]($first + $Arguments))
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $peer = @{ Process = $process; Output = $process.StandardOutput.ReadToEndAsync(); Errors = $process.StandardError.ReadToEndAsync() }
    $script:recipePeers.Add($peer)
    $peer
}

# Waits until processes of Start-RecipePeer and runspaces of Start-Background have ended well, and emits the lines they wrote, "TIME TEXT" by the
# clock they share, as texts in order.
function Complete-RecipePeer {
    param([hashtable[]] $Peer)

    $lines = foreach ($one in $Peer) {
        if ($one.Shell) {
            if (-not $one.Async.AsyncWaitHandle.WaitOne(90000)) { throw "A runspace did not end; it said $($one.Output | Select-Object -Last 5)" }
            $one.Shell.EndInvoke($one.Async)
            if ($one.Shell.Streams.Error) { throw $one.Shell.Streams.Error[0] }
            $one.Output
            $one.Shell.Dispose()
        } else {
            if (-not $one.Process.WaitForExit(90000)) { throw "$($one.Process.StartInfo.ArgumentList) did not end." }
            if ($one.Process.ExitCode) { throw "$($one.Process.StartInfo.ArgumentList) ended with $($one.Process.ExitCode): $($one.Errors.Result)" }
            $one.Output.Result -split '\r?\n' -match '^\d+ '
        }
    }
    $lines | Sort-Object { [long]($_ -split ' ', 2)[0] } | ForEach-Object { ($_ -split ' ', 2)[1] }
}

# Ends the processes that a test that failed has left.
function Stop-RecipePeer {
    foreach ($peer in $script:recipePeers) {
        if (-not $peer.Process.HasExited) {
            $peer.Process.Kill()
            $peer.Process.WaitForExit()
        }
        $peer.Process.Dispose()
    }
    $script:recipePeers.Clear()
}

# Counts the time that a thread of its own sees pass in short steps.
if (-not ('CoordTestClock' -as [type])) {
    Add-Type -TypeDefinition @'
using System;
using System.Diagnostics;
using System.Threading;

public sealed class CoordTestClock : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(50);
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;
    private TimeSpan _counted;

    public CoordTestClock()
    {
        _thread = new Thread(Count) { IsBackground = true };
        _thread.Start();
    }

    public double TotalSeconds => _counted.TotalSeconds;

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
    }

    private void Count()
    {
        long last = Stopwatch.GetTimestamp();
        for (bool ended = false; !ended;)
        {
            ended = _end.Wait(5);
            long now = Stopwatch.GetTimestamp();
            TimeSpan passed = Stopwatch.GetElapsedTime(last, now);
            _counted += passed < Longest ? passed : Longest;
            last = now;
        }
    }
}
'@
}

# Emits how many seconds a script takes, without those in which the machine stood still or gave this process no time.
function Measure-Time {
    param([scriptblock] $Script)

    $clock = [CoordTestClock]::new()
    try {
        $null = . $Script
    } finally {
        $clock.Dispose()
    }
    $clock.TotalSeconds
}

# Waits for a condition, at most so many seconds.
function Wait-Until {
    param([scriptblock] $Condition, [int] $Seconds = 30)

    $deadline = [datetime]::UtcNow.AddSeconds($Seconds)
    while (-not (& $Condition)) {
        if ([datetime]::UtcNow -gt $deadline) {
            $states = $script:background | Where-Object { $_.InvocationStateInfo.State -ne 'Completed' -or $_.Streams.Error.Count -gt 0 } |
                ForEach-Object { "`nA background script is $($_.InvocationStateInfo.State); errors: $(@($_.Streams.Error.ReadAll()) -join '; ')" }
            throw "Not within $Seconds seconds: $Condition$states"
        }
        Start-Sleep -Milliseconds 10
    }
}

Export-ModuleMember -Function *-Test*, *-*RecipePeer, *-ApacheServer, *-ApacheEnsemble, Get-FreePort, Stop-Session, Start-Background, Wait-Until, Measure-Time
