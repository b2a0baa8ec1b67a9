#Requires -Version 7.6
<#
.SYNOPSIS
Runs the Pester tests of the built module: against an ensemble of its own in this process and, where Java and Debian's zookeeper package are,
against Apache ZooKeeper. The last line is "Pester: N passed, N failed, N skipped".
#>
param(
    # The folder of the built module.
    [string] $ModulePath = "$PSScriptRoot/../../out/CoordPS",
    # Another server to run the same tests against, in place of Apache ZooKeeper; they create and remove what is below /coordps-test-*.
    [string] $ConnectionString,
    # Test files to run, by name with wildcards.
    [string] $Name = '*'
)
$ErrorActionPreference = 'Stop'

if (-not (Get-Module -ListAvailable Pester | Where-Object Version -GE '5.5')) {
    Write-Host 'Pester 5.5 or later is missing: Install-PSResource Pester. The module tests are skipped.'
    Write-Host 'Pester: 0 passed, 0 failed, 1 skipped'
    exit 0
}
Import-Module Pester -MinimumVersion 5.5
# A name without a folder would be looked up among the installed modules.
$ModulePath = Convert-Path $ModulePath
Import-Module "$ModulePath/CoordPS.psd1" -Force
Import-Module "$PSScriptRoot/Peers.psm1" -Force

$global:CoordTestModulePath = Convert-Path "$ModulePath/CoordPS.psd1"
$exitCode = 1
try {
    $global:CoordTestPeers = @(Start-TestPeer -ConnectionString $ConnectionString)
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = (Get-ChildItem $PSScriptRoot -Filter "$Name.Tests.ps1").FullName
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'Normal'
    $configuration.Output.StackTraceVerbosity = 'Filtered'
    $result = Invoke-Pester -Configuration $configuration
    $failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
    $exitCode = [int]($failed -gt 0 -or $result.TotalCount -eq 0)
} finally {
    Stop-TestPeer
    Remove-Module CoordPS
}
Write-Host "Pester: $($result.PassedCount) passed, $failed failed, $($result.SkippedCount + $result.NotRunCount) skipped"
exit $exitCode
