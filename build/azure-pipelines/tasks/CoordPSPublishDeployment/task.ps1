param([hashtable] $Cluster, [hashtable] $Ensemble, [string] $Image, [string[]] $Manifests, [hashtable] $Publish, [hashtable] $Wait)

$session = $null
if ($Ensemble) {
    $session = Connect-TaskEnsemble $Ensemble
    $Publish.Session = $session
}
try {
    # As objects: a path may have brackets.
    $source = if ($Manifests) { Get-Item -LiteralPath $Manifests } else { $Image }
    $published = @($source | Publish-CoordDeployment @Cluster @Publish)
    foreach ($one in $published) { "$($one.Kind)/$($one.Name) $($one.Action)" }
    $rollouts = @(if ($Wait) { $published | Wait-CoordRollout @Wait })
    $rollouts | Out-Task
}
finally {
    if ($session) { Disconnect-Coord $session }
}
