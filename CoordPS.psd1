# Of a checkout. The build copies it to out/CoordPS without the "module/" before the names of files.
@{
    RootModule           = 'module/CoordPS.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '9073f269-e63b-4548-ab01-976c79f2c6c7'
    Author               = 'CoordPS contributors'
    CompanyName          = 'CoordPS contributors'
    Copyright            = 'CoordPS contributors'
    Description          = 'Hosts, uses and operates ZooKeeper ensembles from PowerShell.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('module/CoordPS.format.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Connect-Coord', 'Disconnect-Coord', 'Get-CoordSession',
        'Get-ZNode', 'New-ZNode', 'Set-ZNode', 'Remove-ZNode', 'Test-ZNode', 'Wait-ZNode', 'Watch-ZNode',
        'Get-ZNodeChild', 'Invoke-ZNodeTransaction', 'Get-ZNodeAcl', 'Set-ZNodeAcl',
        'Copy-ZNode', 'Compare-ZNode', 'Export-ZNode', 'Import-ZNode', 'Sync-ZNode',
        'Get-ZNodeQuota', 'Set-ZNodeQuota', 'Remove-ZNodeQuota',
        'Lock-Coord', 'Unlock-Coord', 'Use-CoordLock', 'Get-CoordLock',
        'Enter-CoordElection', 'Exit-CoordElection', 'Get-CoordLeader',
        'Enter-CoordBarrier', 'Exit-CoordBarrier', 'Wait-CoordBarrier',
        'Send-CoordMessage', 'Receive-CoordMessage', 'Get-CoordCounter', 'Step-CoordCounter',
        'Join-CoordGroup', 'Exit-CoordGroup', 'Get-CoordGroupMember',
        'Register-CoordService', 'Unregister-CoordService', 'Get-CoordService', 'Resolve-CoordService', 'Watch-CoordService',
        'Get-CoordConfig', 'Set-CoordConfig', 'Watch-CoordConfig', 'Import-CoordConfig', 'Export-CoordConfig',
        'Start-CoordEnsemble', 'Stop-CoordEnsemble', 'Get-CoordEnsemble', 'Invoke-CoordFault',
        'Start-CoordMember', 'Stop-CoordMember', 'Restart-CoordMember', 'Suspend-CoordMember', 'Resume-CoordMember',
        'Add-CoordMember', 'Remove-CoordMember',
        'Get-CoordMember', 'Test-CoordEnsemble', 'Measure-CoordEnsemble', 'Invoke-CoordAdminCommand',
        'Get-CoordTransaction', 'Get-CoordSnapshot', 'Backup-CoordEnsemble', 'Restore-CoordEnsemble',
        'New-CoordDockerfile', 'Build-CoordImage', 'Push-CoordImage', 'Receive-CoordImage', 'Get-CoordImage', 'Remove-CoordImage',
        'Start-CoordContainer', 'Stop-CoordContainer', 'Get-CoordContainer', 'Remove-CoordContainer', 'Watch-CoordContainer',
        'Get-CoordContainerLog', 'Register-CoordContainer',
        'New-CoordManifest', 'Publish-CoordDeployment', 'Get-CoordDeployment', 'Remove-CoordDeployment',
        'Wait-CoordRollout', 'Get-CoordRollout', 'Undo-CoordRollout', 'Suspend-CoordRollout', 'Resume-CoordRollout', 'Restart-CoordRollout',
        'Set-CoordScale', 'Set-CoordAutoscale', 'Measure-CoordAutoscale', 'Get-CoordPod', 'Get-CoordPodLog', 'Sync-CoordConfigMap'
    )
    PrivateData          = @{
        PSData = @{
            Tags = @('ZooKeeper', 'Coordination', 'Ensemble', 'PSEdition_Core', 'Linux', 'MacOS', 'Windows')
        }
    }
}
