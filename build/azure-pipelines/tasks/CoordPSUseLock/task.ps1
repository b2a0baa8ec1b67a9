param(
    [hashtable] $Ensemble, [hashtable] $Lock, [string] $Script, [hashtable] $ScriptParameters, [string] $WorkingDirectory,
    [string] $ErrorAction, [bool] $IgnoreExitCode)

# Switches and booleans come as text.
$arguments = @{}
$known = (Get-Command $Script).Parameters
foreach ($name in $ScriptParameters.Keys) {
    $value = $ScriptParameters[$name]
    $type = $known.ContainsKey($name) ? $known[$name].ParameterType : [string]
    $arguments[$name] = $type -in [bool], [switch] -and $value -in 'true', 'false' ? $value -eq 'true' : $value
}

Set-Location -LiteralPath $WorkingDirectory
$session = Connect-TaskEnsemble $Ensemble
try {
    "Waiting for $($Lock.Path -join ', ')"
    $exitCode = Use-CoordLock @Lock -Session $session {
        $token = @($_)[0].FencingToken
        Out-Task -InputObject "Got the lock; its fencing token is $token"
        Set-TaskVariable fencingToken $token
        $env:COORDPS_FENCING_TOKEN = "$token"
        $global:LASTEXITCODE = 0
        $ErrorActionPreference = $ErrorAction
        & $Script @arguments *>&1 | Out-Task
        $global:LASTEXITCODE
    }
}
finally {
    Disconnect-Coord $session
}
if ($exitCode -and -not $IgnoreExitCode) {
    Stop-Task ScriptExitCode "The script ended with exit code $exitCode." 'See its output above; set ignoreLastExitCode if that is no failure.'
}
