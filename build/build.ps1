<#
.SYNOPSIS
Leaves the module in out/CoordPS and the executable in out/bin, both precompiled for this machine.
.PARAMETER Configuration
Release, the default, or Debug.
#>
param([string]$Configuration = 'Release')

$ErrorActionPreference = 'Stop'
$root = Split-Path -Parent $PSScriptRoot
if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    throw 'dotnet is missing; install the .NET 10 SDK.'
}

function Publish-Project([string]$Project, [string]$Folder) {
    $output = Join-Path $root $Folder
    if (Test-Path $output) {
        Remove-Item $output -Recurse -Force
    }

    dotnet publish (Join-Path $root $Project) -c $Configuration --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o $output -nologo -v quiet
    if ($LASTEXITCODE -ne 0) {
        throw "Building $Project failed; see above."
    }

    Write-Host "built $Folder"
}

Publish-Project src/CoordPS.Cli out/bin
Publish-Project src/CoordPS.Cmdlets out/CoordPS
# The module brings the executable for members that run as processes.
Copy-Item (Join-Path $root 'out/bin') (Join-Path $root 'out/CoordPS/bin') -Recurse
