# Engines and registries for the tests of images and containers. The engine is that of COORDPS_TEST_DOCKER_HOST (tests/services/docker-up.sh); what is
# to fail gets one of its own.

Import-Module "$PSScriptRoot/Peers.psm1"
$script:started = [System.Collections.Generic.List[hashtable]]::new()

# The user and password of a registry that Start-TestRegistry -Credential starts.
$registryUser = 'tester'
$registryPassword = 'correct horse'
$registryHash = '$2b$05$z4pqWIwGUlT345duIWlRN.Squdk.gZgvUwvoAgPyvvO.oBIYLlGe.'

# Why there is no engine to test with; nothing when there is one.
function Get-MissingDocker {
    if (-not $env:COORDPS_TEST_DOCKER_HOST) { 'COORDPS_TEST_DOCKER_HOST names no engine; as root: eval "$(tests/services/docker-up.sh)"' }
}

# Why no further engines and registries can be started; nothing when they can.
function Get-MissingDockerService {
    if (-not $IsLinux -or (id -u) -ne 0) { 'engines and registries of the tests'' own need root on Linux' }
    foreach ($command in 'dockerd', 'docker-registry', 'docker') {
        if (-not (Get-Command $command -CommandType Application -ErrorAction Ignore)) { "$command is missing: apt install docker.io docker-registry" }
    }
}

# Whether a docker command can build with BuildKit: a plugin, or a version that has it built in.
function Test-BuildKitDocker {
    foreach ($docker in Get-Command docker -CommandType Application -All -ErrorAction Ignore) {
        if ((& $docker --version) -match 'version (19|20|21|22)\.') { return $true }
        $null = & $docker buildx version 2>&1
        if (-not $LASTEXITCODE) { return $true }
    }
    $false
}

# The docker command, where it is of a version that sends contexts as today's do (23): earlier ones had more in the headers that the engine's cache
# goes by.
function Get-ClassicDocker {
    Get-Command docker -CommandType Application -All -ErrorAction Ignore | Where-Object { (& $_.Source --version) -match 'version (\d+)\.' -and [int]$Matches[1] -ge 23 } |
        Select-Object -First 1 -ExpandProperty Source
}

# Starts a registry and emits its address: HOST:PORT.
function Start-TestRegistry {
    param([switch] $Credential, [switch] $ReadOnly)

    $address = "127.0.0.1:$(Get-FreePort)"
    $folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-registry-').FullName
    $lines = @('version: 0.1', 'log: { level: warn }', "http: { addr: '$address' }", 'storage:', "  filesystem: { rootdirectory: $folder/data }")
    if ($ReadOnly) { $lines += '  maintenance: { readonly: { enabled: true } }' }
    if ($Credential) {
        Set-Content "$folder/users" "$($registryUser):$registryHash"
        $lines += "auth: { htpasswd: { realm: test, path: $folder/users } }"
    }
    Set-Content "$folder/config.yml" $lines
    $process = Start-Process docker-registry 'serve', "$folder/config.yml" -RedirectStandardOutput "$folder/out" -RedirectStandardError "$folder/err" -PassThru
    $script:started.Add(@{ Process = $process; Folder = $folder })
    Wait-Until { try { $null = Invoke-WebRequest "http://$address/v2/" -NoProxy -SkipHttpErrorCheck; $true } catch { $false } }
    $address
}

# Starts an engine whose data is on a disk of a size, with the tests' base image, and emits its address.
function Start-TestEngine {
    param([string] $DiskSize)

    $folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-engine-').FullName
    $null = New-Item -ItemType Directory "$folder/disk"
    mount -t tmpfs -o "size=$DiskSize" coordps-test "$folder/disk"
    $arguments = "--host=unix://$folder/docker.sock", "--data-root=$folder/disk", "--exec-root=$folder/exec", "--pidfile=$folder/pid", '--bridge=none', '--iptables=false',
        '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'
    $process = Start-Process dockerd $arguments -Environment @{ DOCKER_TMPDIR = "$folder/disk/tmp" } -RedirectStandardOutput "$folder/out" -RedirectStandardError "$folder/err" -PassThru
    $script:started.Add(@{ Process = $process; Folder = $folder; Disk = "$folder/disk" })
    $address = "unix://$folder/docker.sock"
    Wait-Until { $null = docker --host $address version 2>&1; -not $LASTEXITCODE } -Seconds 30
    docker --host $env:COORDPS_TEST_DOCKER_HOST save "$env:COORDPS_TEST_REGISTRY/busybox:1" | docker --host $address load | Out-Null
    $address
}

# Ends what was started.
function Stop-TestDocker {
    foreach ($service in $script:started) {
        if (-not $service.Process.HasExited) {
            # A kill would leave the engine's containerd behind.
            kill $service.Process.Id
            $service.Process.WaitForExit()
        }
        if ($service.Disk) { umount $service.Disk }
        Remove-Item $service.Folder -Recurse -Force
    }
    $script:started.Clear()
}

# The digest by which a registry of the tests knows a name, or nothing.
function Get-RegistryDigest([string] $Name) {
    $address, $path = $Name -split '/', 2
    $repository, $tag = $path -split ':', 2
    $answer = Invoke-WebRequest "http://$address/v2/$repository/manifests/$tag" -Method Head -NoProxy -SkipHttpErrorCheck -Headers @{
        Accept = 'application/vnd.docker.distribution.manifest.v2+json'
    }
    if ($answer.StatusCode -eq 200) { $answer.Headers['Docker-Content-Digest'][0] }
}

Export-ModuleMember -Function *-*Docker, *-MissingDockerService, Start-TestRegistry, Start-TestEngine, Get-RegistryDigest -Variable registryUser, registryPassword
