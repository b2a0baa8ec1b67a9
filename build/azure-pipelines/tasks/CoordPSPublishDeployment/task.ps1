param([hashtable] $Cluster, [hashtable] $Ensemble, [string] $Image, [string[]] $Manifests, [hashtable] $Publish, [hashtable] $Wait)

$session = $null
if ($Ensemble) {
    $session = Connect-TaskEnsemble $Ensemble
    $Publish.Session = $session
}
# What rollouts are doing is verbose output.
filter Split-Verbose { if ($_ -is [Management.Automation.VerboseRecord]) { Out-Task -InputObject $_.Message } else { $_ } }
try {
    # As objects: a path may have brackets.
    $source = if ($Manifests) { Get-Item -LiteralPath $Manifests } else { $Image }
    $published = @($source | Publish-CoordDeployment @Cluster @Publish -Verbose 4>&1 | Split-Verbose)
    foreach ($one in $published) { "$($one.Kind)/$($one.Name) $("$($one.Action)".ToLowerInvariant())" }
    $workloads = @($published | Where-Object { $_.Action -ne 'Pruned' -and $_.Kind -in 'Deployment', 'StatefulSet', 'DaemonSet' })
    $rollouts = $workloads
    if ($Wait) {
        # One that fails must not keep the others from being undone.
        $rollouts = @($workloads | Wait-CoordRollout @Wait -ErrorAction Continue -ErrorVariable failures -Verbose 4>&1 | Split-Verbose)
        if ($failures) { Stop-Task RolloutFailed "$($failures.Count) of $($workloads.Count) rollouts failed." 'See the errors above.' }
    }
}
finally {
    if ($session) { Disconnect-Coord $session }
}
$rollouts | Out-Task
if ($rollouts) {
    Set-TaskVariable revision $rollouts[-1].Revision
    Set-TaskVariable image $rollouts[-1].Image
}
Set-TaskVariable deployments ($rollouts.Name -join ',')
$rows = foreach ($one in $rollouts) { "| $($one.Kind) | $($one.Namespace) | $($one.Name) | $($one.Revision) | ``$($one.Image)`` |" }
Add-TaskSummary (@('| kind | namespace | name | revision | image |', '|---|---|---|---|---|') + $rows -join "`n")
