#Requires -Version 7.6
<#
.SYNOPSIS
Publishes many deployments from one pipeline, and compares it with one `kubectl apply` each, of which a sample is measured. Works in the namespace
of the current context, and leaves the deployments there.
#>
param(
    # The module's folder or manifest.
    [string] $ModulePath = "$PSScriptRoot/../../out/CoordPS",
    # How many deployments.
    [int] $Count = 500,
    # How many of them are applied by kubectl, one by one.
    [int] $Sample = 10
)
$ErrorActionPreference = 'Stop'
Import-Module $ModulePath
$run = [guid]::NewGuid().ToString('n').Substring(0, 6)
# Without pods: it is the API server that is measured, and not the controllers.
$manifests = { param($from, $count) for ($i = $from; $i -lt $from + $count; $i++) { New-CoordManifest "many-$run-$i" -Image app:1 -Replicas 0 } }

$null = & $manifests 0 1 | Publish-CoordDeployment
[GC]::Collect()
$before = [GC]::GetTotalMemory($true)
$process = Get-Process -Id $PID
$published = 0
$pipeline = Measure-Command { & $manifests 1 $Count | Publish-CoordDeployment | ForEach-Object { $published++ } }
$held = [GC]::GetTotalMemory($true) - $before
$process.Refresh()

$folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-measure-').FullName
try {
    $files = & $manifests ($Count + 1) $Sample | ForEach-Object { $file = "$folder/$($_.metadata.name).yaml"; $_.ToYaml() | Set-Content $file; $file }
    $kubectl = Measure-Command { foreach ($file in $files) { kubectl apply -f $file | Out-Null } }
} finally {
    Remove-Item $folder -Recurse
}

$each = $kubectl.TotalSeconds / $Sample
[pscustomobject]@{
    Published            = $published
    Seconds              = [Math]::Round($pipeline.TotalSeconds, 2)
    PerSecond            = [Math]::Round($published / $pipeline.TotalSeconds, 1)
    KubectlSecondsEach   = [Math]::Round($each, 3)
    KubectlSecondsForAll = [Math]::Round($each * $Count, 1)
    Times                = [Math]::Round($each * $Count / $pipeline.TotalSeconds, 1)
    HeldMegabytes        = [Math]::Round($held / 1MB, 1)
    PeakMegabytes        = [Math]::Round($process.PeakWorkingSet64 / 1MB)
}
