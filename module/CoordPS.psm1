# Imports the cmdlets from a load context of their own (docs/decisions/0010-module-isolation.md).
# The built module has its assemblies beside this file; a checkout has them in out/CoordPS.
$root = $PSScriptRoot
if (-not (Test-Path -LiteralPath "$root/CoordPS.Loader.dll")) {
    $root = "$PSScriptRoot/../out/CoordPS"
    if (-not (Test-Path -LiteralPath "$root/CoordPS.Loader.dll")) {
        throw 'CoordPS is not built: run build/build.sh (Windows: build/build.ps1), then import it again.'
    }
}
$null = [System.Reflection.Assembly]::LoadFrom((Convert-Path -LiteralPath "$root/CoordPS.Loader.dll"))
Import-Module -Assembly ([CoordPS.Loader.ModuleLoader]::Load((Convert-Path -LiteralPath "$root/dependencies")))

# PowerShell names a module that it imports by its assembly after that, and a provider after its module. This makes
# the provider's name CoordPS\ZooKeeper; without it, it would be ZooKeeper only (docs/decisions/0042-drive.md).
$provider = Get-PSProvider ZooKeeper
[System.Management.Automation.ProviderInfo].GetMethod('SetModule', [System.Reflection.BindingFlags]'Instance, NonPublic')?.Invoke($provider, @($ExecutionContext.SessionState.Module))
