#Requires -Version 7.6
<#
.SYNOPSIS
Measures what keeping requests in flight is worth: sets a number of znodes one at a time and through the pipeline, and prints the rates and
their ratio.
#>
param(
    [string] $ModulePath = "$PSScriptRoot/../../out/CoordPS",
    # A server; default: an ensemble in a process of its own.
    [string] $ConnectionString,
    [int] $Count = 10000
)
$ErrorActionPreference = 'Stop'
Import-Module "$ModulePath/CoordPS.psd1"

$server = $null
if (-not $ConnectionString) {
    $server = [System.Diagnostics.Process]::new()
    $server.StartInfo = [System.Diagnostics.ProcessStartInfo]@{
        FileName               = (Get-Process -Id $PID).Path
        RedirectStandardInput  = $true
        RedirectStandardOutput = $true
    }
    '-NoProfile', '-Command', "Import-Module '$(Convert-Path $ModulePath)/CoordPS.psd1'; (Start-CoordEnsemble).ConnectionString; `$null = [Console]::In.ReadLine()" |
        ForEach-Object { $server.StartInfo.ArgumentList.Add($_) }
    $null = $server.Start()
    $ConnectionString = $server.StandardOutput.ReadLine()
}
try {
    $null = Connect-Coord $ConnectionString
    $root = (New-ZNode /measure- -Sequential).Path
    $paths = 1..$Count | ForEach-Object { "$root/n$_" }
    $paths | New-ZNode -Data old | Out-Null
    # Both once, so that neither pays for what is compiled at first use.
    Get-ZNode $root -Recurse | Select-Object -First 200 | Set-ZNode -Data warm | Out-Null
    $paths | Select-Object -First 200 | ForEach-Object { Set-ZNode $_ warm } | Out-Null

    $calls = Measure-Command { foreach ($path in $paths) { $null = Set-ZNode $path x } }
    $single = Measure-Command { $paths | Get-ZNode -ThrottleLimit 1 | Set-ZNode -Data x -ThrottleLimit 1 | Out-Null }
    $pipelined = Measure-Command { Get-ZNode $root -Recurse | Set-ZNode -Data x | Out-Null }
    Remove-ZNode $root -Recurse -Force

    [pscustomobject]@{
        Znodes               = $Count
        CallPerZnode         = '{0:n0}/s' -f ($Count / $calls.TotalSeconds)
        OneAtATime           = '{0:n0}/s' -f ($Count / $single.TotalSeconds)
        Pipelined            = '{0:n0}/s' -f ($Count / $pipelined.TotalSeconds)
        RatioToCallPerZnode  = [Math]::Round($calls.TotalSeconds / $pipelined.TotalSeconds, 1)
        RatioToOneAtATime    = [Math]::Round($single.TotalSeconds / $pipelined.TotalSeconds, 1)
    } | Format-List
} finally {
    Get-CoordSession | Disconnect-Coord
    if ($server) {
        $server.StandardInput.WriteLine()
        $server.WaitForExit()
    }
}
