#Requires -Version 7.6
<#
.SYNOPSIS
Builds an image from a folder with one large file, in a pwsh of its own, and emits how much the memory of that process grew at most while it sent the
context: the peak of its resident set, which has the managed heap in it, over what it was before. Needs Linux and COORDPS_TEST_DOCKER_HOST.
#>
param(
    # The size of the file, in bytes. It is sparse here, and takes its full size for a moment where the engine keeps contexts.
    [long] $Size = 2GB,
    # The module.
    [string] $ModulePath = "$PSScriptRoot/../../out/CoordPS/CoordPS.psd1"
)
$ErrorActionPreference = 'Stop'

$registry = $env:COORDPS_TEST_REGISTRY ?? '127.0.0.1:5000'
$folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-context-').FullName
try {
    Set-Content "$folder/Dockerfile" "FROM $registry/busybox:1", 'LABEL measured=1'
    $text = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command @"
        `$ErrorActionPreference = 'Stop'
        Import-Module '$(Convert-Path $ModulePath)'
        `$env:DOCKER_HOST = '$env:COORDPS_TEST_DOCKER_HOST'
        function Get-Kilobytes([string] `$Field) { [long]"`$((Get-Content /proc/self/status) -match "^`${Field}:" -replace '\D')" }
        # What is compiled and loaded by the first build is no matter of its size.
        `$null = Build-CoordImage '$folder'
        [GC]::Collect()
        `$file = [System.IO.File]::Create('$folder/large')
        `$file.SetLength($Size)
        `$file.Dispose()
        `$before = Get-Kilobytes VmRSS
        [System.IO.File]::WriteAllText('/proc/self/clear_refs', '5')
        `$seconds = (Measure-Command { `$image = Build-CoordImage '$folder' }).TotalSeconds
        `$peak = Get-Kilobytes VmHWM
        @{ ContextMiB = $Size / 1MB; Seconds = [math]::Round(`$seconds, 1); BeforeMiB = [math]::Round(`$before / 1024); PeakMiB = [math]::Round(`$peak / 1024)
            GrowthMiB = [math]::Round((`$peak - `$before) / 1024) } | ConvertTo-Json -Compress
        `$image | Remove-CoordImage -Force
"@
    if ($LASTEXITCODE) { throw "The measurement ended with $($LASTEXITCODE): $text" }
    $text | ConvertFrom-Json | Select-Object ContextMiB, Seconds, BeforeMiB, PeakMiB, GrowthMiB
} finally {
    Remove-Item $folder -Recurse -Force
}
