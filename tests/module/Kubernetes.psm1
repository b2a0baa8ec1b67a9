# A cluster to test against, any that COORDPS_TEST_KUBECONFIG names: tests have namespaces of their own, with random names, and delete them. Where
# there are no nodes tests/CoordPS.KubeletPlayer plays the kubelet.

$player = "$PSScriptRoot/../CoordPS.KubeletPlayer/bin/Release/net10.0/kubelet-player.dll"
$script:kubeConfig = $env:COORDPS_TEST_KUBECONFIG

# Breaks connections to a server, and lets them through again.
Add-Type -TypeDefinition @'
using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

public sealed class CoordTestProxy : IDisposable
{
    private readonly string _host;
    private readonly int _target;
    private readonly List<Socket> _open = new();
    private TcpListener _listener;

    public CoordTestProxy(string host, int target)
    {
        _host = host;
        _target = target;
        Listen(0);
    }

    public int Port { get; private set; }

    public void Stop()
    {
        _listener.Stop();
        lock (_open)
        {
            _open.ForEach(one => one.Dispose());
            _open.Clear();
        }
    }

    public void Start() => Listen(Port);

    public void Dispose() => Stop();

    private void Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket near;
            try { near = await listener.AcceptSocketAsync(); }
            catch (Exception e) when (e is SocketException or ObjectDisposedException) { return; }
            _ = ServeAsync(near);
        }
    }

    private async Task ServeAsync(Socket near)
    {
        var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        lock (_open) { _open.Add(near); _open.Add(far); }
        try
        {
            await far.ConnectAsync(_host, _target);
            using var one = new NetworkStream(near, true);
            using var other = new NetworkStream(far, true);
            await Task.WhenAny(one.CopyToAsync(other), other.CopyToAsync(one));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or System.IO.IOException) { }
    }
}
'@

# Why there is no cluster to test against; nothing when there is.
function Get-MissingCluster {
    if (-not $script:kubeConfig) {
        'COORDPS_TEST_KUBECONFIG names no cluster'
    } elseif (-not (Test-Path $script:kubeConfig)) {
        "COORDPS_TEST_KUBECONFIG names $($script:kubeConfig), which is not there"
    } elseif ((Get-Content -Raw $script:kubeConfig) -notmatch 'namespace: default') {
        "the context of $($script:kubeConfig) does not say 'namespace: default', in whose place tests put their own"
    } elseif (-not (Test-Path $player)) {
        'the kubelet is not there to be played: dotnet build -c Release tests/CoordPS.KubeletPlayer'
    }
}

# Why kubectl can't be asked; nothing when it can.
function Get-MissingKubectl {
    if (-not (Get-Command kubectl -CommandType Application -ErrorAction Ignore)) { 'kubectl is missing' }
}

# Makes a namespace, plays its kubelet, and makes it the default of this process. Emits @{ Namespace; KubeConfig; Player }.
function Start-TestCluster {
    $namespace = "coordps-$([guid]::NewGuid().ToString('n').Substring(0, 12))"
    $folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-kube-').FullName
    $config = "$folder/config"
    # The same cluster and user, with another namespace.
    (Get-Content -Raw $script:kubeConfig) -replace 'namespace: default', "namespace: $namespace" | Set-Content $config
    $cluster = @{ Namespace = $namespace; KubeConfig = $config; Folder = $folder; Before = $env:KUBECONFIG }
    $env:KUBECONFIG = $config
    "apiVersion: v1`nkind: Namespace`nmetadata: { name: $namespace }`n" | Publish-CoordDeployment -ErrorAction Stop | Out-Null
    $cluster.Player, $cluster.Node = Start-KubeletPlayer $config $namespace
    $cluster
}

# Emits the process and the name of its node.
function Start-KubeletPlayer([string] $Config, [string] $Namespace) {
    $start = [System.Diagnostics.ProcessStartInfo]::new('dotnet', [string[]]($player, '--kubeconfig', $Config, '--namespace', $Namespace))
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $said = $process.StandardOutput.ReadLine()
    if ($said -notlike 'playing*') { throw "The kubelet is not played: $said" }
    $process
    $said -replace '^playing '
}

function Stop-TestCluster([hashtable] $Cluster) {
    if (-not $Cluster) { return }
    $Cluster.Player.StandardInput.Close()
    if (-not $Cluster.Player.WaitForExit(10000)) { $Cluster.Player.Kill() }
    Remove-TestNamespace $Cluster.Namespace
    $env:KUBECONFIG = $Cluster.Before
    Remove-Item $Cluster.Folder -Recurse -Force
}

# Asks for a namespace to be deleted; that takes longer than a test should.
function Remove-TestNamespace([string] $Name) {
    if (Get-MissingKubectl) { return }
    kubectl --kubeconfig $script:kubeConfig delete namespace $Name --wait=false --ignore-not-found 2>&1 | Out-Null
}

# A kubeconfig of the same cluster with other words in it, and its path.
function New-TestKubeConfig([hashtable] $Cluster, [hashtable] $Replace) {
    $text = Get-Content -Raw $Cluster.KubeConfig
    foreach ($old in $Replace.Keys) {
        if ($text -notmatch $old) { throw "The kubeconfig has nothing like $old." }
        $text = $text -replace $old, $Replace[$old]
    }
    $path = "$($Cluster.Folder)/config-$([guid]::NewGuid().ToString('n').Substring(0, 6))"
    Set-Content $path $text
    $path
}

# A proxy before the API server, and a kubeconfig that goes through it: @{ Proxy; KubeConfig }.
function Start-TestProxy([hashtable] $Cluster) {
    $server = [uri][regex]::Match((Get-Content -Raw $Cluster.KubeConfig), 'server: "?(https?://[^",\s]+)').Groups[1].Value
    $proxy = [CoordTestProxy]::new($server.Host, $server.Port)
    @{ Proxy = $proxy; KubeConfig = New-TestKubeConfig $Cluster @{ [regex]::Escape($server.Authority) = "127.0.0.1:$($proxy.Port)" } }
}

Export-ModuleMember -Function *-Test*, Get-Missing*, *-KubeletPlayer
