param(
    [hashtable] $Ensemble, [string] $Path, [string] $File, [hashtable] $Settings, [string] $Prefix, [bool] $Prune, [bool] $ShowValues)

$session = Connect-TaskEnsemble $Ensemble
try {
    $common = @{ Path = $Path; Session = $session; Prune = $Prune }
    $changes = @(if ($File) {
        if ($Prefix) { $common.Prefix = $Prefix }
        Import-CoordConfig @common -LiteralPath $File
    }
    else {
        # 'db/host' is a setting below another.
        $tree = @{}
        foreach ($key in $Settings.Keys) {
            $at = $tree
            $parts = $key -split '/'
            foreach ($part in $parts | Select-Object -SkipLast 1) {
                if (-not $at.ContainsKey($part)) { $at[$part] = @{} }
                if ($at[$part] -isnot [hashtable]) { Stop-Task SettingConflict "'$part' of '$key' can't have both a value and settings below it." 'Give one of them.' InvalidArgument }
                $at = $at[$part]
            }
            if ($at.ContainsKey($parts[-1])) { Stop-Task SettingConflict "'$key' can't have both a value and settings below it." 'Give one of them.' InvalidArgument }
            $at[$parts[-1]] = $Settings[$key]
        }
        Set-CoordConfig @common -InputObject $tree
    })
}
finally {
    Disconnect-Coord $session
}
foreach ($change in $changes) {
    # Values are often secrets that no one has told the agent.
    if ($ShowValues) { "$change" } else { "$($change.Change) $("$Path/$($change.Key)".TrimEnd('/'))" }
}
"$($changes.Count) $($changes.Count -eq 1 ? 'change' : 'changes')"
Set-TaskVariable changeCount $changes.Count
Set-TaskVariable changed ($changes.Count -gt 0 ? 'true' : 'false')
