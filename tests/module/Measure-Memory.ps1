#Requires -Version 7.6
<#
.SYNOPSIS
Imports the module, starts an ensemble of three, uses and stops it, and removes the module, again and again in this one process. Emits what the
process holds after each round, garbage collected.
#>
param(
    # The folder of the built module.
    [string] $ModulePath = "$PSScriptRoot/../../out/CoordPS",
    [int] $Rounds = 10
)
$ErrorActionPreference = 'Stop'
$manifest = Convert-Path "$ModulePath/CoordPS.psd1"
for ($round = 1; $round -le $Rounds; $round++) {
    Import-Module $manifest
    $ensemble = Start-CoordEnsemble -Members 3
    $null = $ensemble | Connect-Coord
    1..200 | ForEach-Object { New-ZNode "/n$_" ('x' * 1000) } | Out-Null
    Remove-Module CoordPS
    $ensemble = $null
    foreach ($pass in 1..2) {
        [GC]::Collect([GC]::MaxGeneration, [GCCollectionMode]::Aggressive, $true, $true)
        [GC]::WaitForPendingFinalizers()
    }
    $process = Get-Process -Id $PID
    [pscustomobject]@{
        Round        = $round
        HeapMB       = [math]::Round([GC]::GetTotalMemory($true) / 1MB, 2)
        WorkingSetMB = [math]::Round($process.WorkingSet64 / 1MB, 1)
        Threads      = $process.Threads.Count
        OwnThreads   = @(Get-ChildItem /proc/self/task -ErrorAction Ignore | Where-Object {
                try { [System.IO.File]::ReadAllText("$($_.FullName)/comm") -like 'CoordPS*' } catch { $false } }).Count
        Files        = @(Get-ChildItem /proc/self/fd -ErrorAction Ignore).Count
    }
}
