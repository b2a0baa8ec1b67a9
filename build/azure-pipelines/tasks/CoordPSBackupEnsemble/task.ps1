param([hashtable] $Ensemble, [hashtable] $Backup)

if ($Ensemble) {
    $session = Connect-TaskEnsemble $Ensemble
    $Backup.Session = $session
}
try {
    $result = Backup-CoordEnsemble @Backup
}
finally {
    if ($Ensemble) { Disconnect-Coord $session }
}
'{0} znodes, zxid 0x{1:x}, {2:N0} bytes in {3}' -f $result.ZNodeCount, $result.Zxid, $result.Length, $result.Path
Set-TaskVariable backupPath $result.Path
Set-TaskVariable zxid ('0x{0:x}' -f $result.Zxid)
Set-TaskVariable znodeCount $result.ZNodeCount
Set-TaskVariable length $result.Length
