# Docker Engines for tests: the one that COORDPS_TEST_DOCKER_HOST names, and engines of a test's own, to be stopped and started.

$services = "$PSScriptRoot/../services"

# Why there is no engine; nothing when there is one.
function Get-MissingEngine {
    if (-not $env:COORDPS_TEST_DOCKER_HOST) { 'COORDPS_TEST_DOCKER_HOST names no Docker Engine; as root: eval "$(tests/services/docker-up.sh)"' }
}

# Why a test can't have an engine of its own; nothing when it can.
function Get-MissingOwnEngine {
    Get-MissingEngine
    if (-not $IsLinux -or [Environment]::UserName -ne 'root' -or -not (Get-Command dockerd -ErrorAction Ignore)) { 'an engine of its own needs root and dockerd' }
}

function Get-TestRegistry { $env:COORDPS_TEST_REGISTRY ? $env:COORDPS_TEST_REGISTRY : '127.0.0.1:5000' }

# Starts an engine in a folder of its own, or the one that was stopped there, and emits its address.
function Start-TestEngine([string] $Folder, [string] $Options) {
    $env:DOCKERD_OPTIONS = $Options
    try {
        $text = & bash "$services/docker-up.sh" $Folder
        if ($LASTEXITCODE) { throw "docker-up.sh ended with $LASTEXITCODE" }
    } finally {
        $env:DOCKERD_OPTIONS = ''
    }
    [regex]::Match("$text", 'COORDPS_TEST_DOCKER_HOST=(\S+)').Groups[1].Value
}

# Stops the engine of a folder: by SIGTERM, as a service manager does, or with -Kill as a crash would. What it knows stays.
function Stop-TestEngine([string] $Folder, [switch] $Kill) {
    $engine = Get-Process -Id ([int](Get-Content "$Folder/dockerd.pid"))
    & /bin/kill ($Kill ? '-KILL' : '-TERM') $engine.Id
    if (-not $engine.WaitForExit(60000)) { throw "The engine in $Folder does not end." }
}

# Stops the engine of a folder for good.
function Remove-TestEngine([string] $Folder) {
    & bash "$services/docker-down.sh" $Folder
}

# The image of our own member on an engine, built the first time.
function Get-TestImage([string] $DockerHost = $env:COORDPS_TEST_DOCKER_HOST) {
    $image = "$(Get-TestRegistry)/coordps:test"
    $known = Get-CoordImage -DockerHost $DockerHost -ErrorAction Ignore | Where-Object { "$($_.Repository):$($_.Tag)" -eq $image }
    if (-not $known) {
        $before = $env:DOCKER_HOST
        $env:DOCKER_HOST = $DockerHost
        try {
            $null = & bash "$PSScriptRoot/../../build/image.sh" $image
            if ($LASTEXITCODE) { throw "build/image.sh ended with $LASTEXITCODE" }
        } finally {
            $env:DOCKER_HOST = $before
        }
    }
    $image
}

# An image of Apache ZooKeeper with the environment variables of the official one, built the first time; nothing when it can't be built.
function Get-TestApacheImage {
    $image = "$(Get-TestRegistry)/apache:test"
    $before = $env:DOCKER_HOST
    $env:DOCKER_HOST = $env:COORDPS_TEST_DOCKER_HOST
    try {
        $null = & bash "$services/apache-image.sh" $image
        if (-not $LASTEXITCODE) { $image }
    } finally {
        $env:DOCKER_HOST = $before
    }
}

Export-ModuleMember -Function *-*Engine, Get-Test*
