param([string] $DockerConfig, [hashtable] $Build, [bool] $Push)

if ($DockerConfig) { $env:DOCKER_CONFIG = $DockerConfig }
$engine = $Build.ContainsKey('DockerHost') ? @{ DockerHost = $Build.DockerHost } : @{}
$image = if ($Push) { Build-CoordImage @Build | Push-CoordImage @engine } else { Build-CoordImage @Build }
# One for each tag; all of them are the same image.
$first = @($image)[0]
foreach ($one in $image) { "$($one.Reference)" }
Set-TaskVariable reference $first.Reference
if ($Push) {
    "digest $($first.Digest)"
    Set-TaskVariable digest $first.Digest
    Set-TaskVariable image $first.Image
}
else {
    Set-TaskVariable image $first.Reference
}
