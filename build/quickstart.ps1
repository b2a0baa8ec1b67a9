<#
.SYNOPSIS
Builds, then shows a server, a session and znodes in PowerShell.
.DESCRIPTION
Starts a member on a free loopback port, creates, reads, updates, watches and deletes znodes, prints what happened, and stops.
Nothing stays behind. In a PowerShell older than 7.6 the same runs through 'coordps quickstart'.
.PARAMETER NoBuild
Uses what is in out/ already.
#>
param([switch]$NoBuild)

$ErrorActionPreference = 'Stop'
$root = Split-Path -Parent $PSScriptRoot
if (-not $NoBuild) {
    & (Join-Path $PSScriptRoot 'build.ps1')
}

if ($PSVersionTable.PSVersion -lt [version]'7.6') {
    Write-Host "This is PowerShell $($PSVersionTable.PSVersion) and the module needs 7.6; the same through 'coordps quickstart':"
    & (Join-Path $root 'out/bin/coordps') quickstart
    exit $LASTEXITCODE
}

# Shows a command as it would be typed, and what it prints.
function Step([scriptblock]$Command) {
    Write-Host "PS> $($Command.ToString().Trim())" -ForegroundColor Cyan
    . $Command | Out-Host
}

$module = Join-Path $root 'out/CoordPS/CoordPS.psd1'
Import-Module $module
$ensemble = Start-CoordEnsemble
$address = $ensemble.ConnectionString
try {
    Step { $ensemble }
    Step { Connect-Coord $address }

    # A watch streams until it is stopped, so it runs beside the rest, in a session of its own.
    $watch = Start-ThreadJob {
        Import-Module $using:module
        $session = Connect-Coord $using:address
        Watch-ZNode /app -Recurse -Count 9 -Session $session -Verbose
        Disconnect-Coord $session
    }
    while ($watch.State -in 'NotStarted', 'Running' -and -not ($watch.Verbose.Message -like 'Watching*')) {
        Start-Sleep -Milliseconds 20
    }

    Step { New-ZNode /app }
    Step { New-ZNode /app/config 'color=blue' }
    Step { 'host-a', 'host-b' | ForEach-Object { New-ZNode /app/worker- $_ -Ephemeral -Sequential } }
    Step { Get-ZNode /app -Recurse }
    Step { Set-ZNode /app/config 'color=green' -Version 0 }
    Step { Set-ZNode /app/config 'color=red' -Version 0 -ErrorAction SilentlyContinue -ErrorVariable conflict; $conflict[0].Exception.Message }
    Step { Get-ZNode /app/config | Format-List }
    Step { Remove-ZNode /app -Recurse -Force }
    Step { Test-ZNode /app }
    Write-Host 'PS> Watch-ZNode /app -Recurse    # saw, meanwhile:' -ForegroundColor Cyan
    $watch | Receive-Job -Wait | Format-Table | Out-Host
    Remove-Job $watch
    Disconnect-Coord
}
finally {
    Stop-CoordEnsemble $ensemble.Name
}

Write-Host 'Stopped; its data is removed.'
