param([hashtable] $Cluster, [hashtable] $Ensemble, [string] $Image, [hashtable] $Publish, [hashtable] $Wait)

$session = $null
if ($Ensemble) {
    $session = Connect-TaskEnsemble $Ensemble
    $Publish.Session = $session
}
try {
    $published = @($Image ? ($Image | Publish-CoordDeployment @Cluster @Publish) : (Publish-CoordDeployment @Cluster @Publish))
    $published | Out-Task
    $results = @(if ($Wait) { $published | Wait-CoordRollout @Wait })
    $results | Out-Task
}
finally {
    if ($session) { Disconnect-Coord $session }
}
