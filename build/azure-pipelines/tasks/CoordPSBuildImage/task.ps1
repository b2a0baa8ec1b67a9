param([string] $DockerConfig, [hashtable] $Build, [bool] $Push)

if ($DockerConfig) { $env:DOCKER_CONFIG = $DockerConfig }
# The build's log is verbose output.
$images = @(Build-CoordImage @Build -Verbose 4>&1 | ForEach-Object {
    if ($_ -is [Management.Automation.VerboseRecord]) { Out-Task -InputObject $_.Message } else { $_ }
})
if ($Push) { $images = @($images | Push-CoordImage) }
foreach ($image in $images) { "$($Push ? 'pushed' : 'built') $($image.Reference)$($image.Digest ? " $($image.Digest)" : '')" }
# One for each tag; all of them are the same image.
Set-TaskVariable reference $images[0].Reference
Set-TaskVariable image $images[0].Image
if ($Push) { Set-TaskVariable digest $images[0].Digest }
