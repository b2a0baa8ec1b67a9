BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"
    Import-Module "$PSScriptRoot/Local.psm1" -Force

    # Writes to an ensemble until it is told to stop; emits how many writes were acknowledged, and checks that they are there.
    function Start-Writer([string] $ConnectionString) {
        $state = [hashtable]::Synchronized(@{ Stop = $false; Acknowledged = 0 })
        $job = Start-ThreadJob {
            Import-Module $using:CoordTestModulePath
            $state = $using:state
            $session = Connect-Coord $using:ConnectionString -RetryTime 30s
            $null = New-ZNode /writer -Session $session
            for ($i = 0; -not $state.Stop; $i++) {
                try {
                    $null = New-ZNode "/writer/$i" -Session $session -ErrorAction Stop
                    $state.Acknowledged++
                } catch [CoordPS.Client.ZooKeeperException] {
                    # Its outcome is unknown, or it was not served just then: the next one may be.
                    Start-Sleep -Milliseconds 5
                }
            }
            Sync-Written $session
            Disconnect-Coord $session
        } -InitializationScript { function Sync-Written($Session) { @(Get-ZNodeChild /writer -Session $Session).Count } }
        @{ Job = $job; State = $state }
    }

    function Wait-Written($Writer, [int] $More = 20) {
        $target = $Writer.State.Acknowledged + $More
        Wait-Until { $Writer.State.Acknowledged -ge $target -or $Writer.Job.State -ne 'Running' } "$More more writes are acknowledged"
    }

    function Stop-Writer($Writer) {
        $Writer.State.Stop = $true
        $stored = $Writer.Job | Wait-Job | Receive-Job
        Remove-Job $Writer.Job
        $stored | Should -BeGreaterOrEqual $Writer.State.Acknowledged
    }
}

Describe 'Members' {
    BeforeEach {
        $ensemble = Start-CoordEnsemble members -Members 3
    }
    AfterEach {
        Get-CoordSession | Disconnect-Coord
        Get-CoordEnsemble members* | Stop-CoordEnsemble
    }

    It 'can be lost, the leader too, and writes go on' {
        $writer = Start-Writer $ensemble.ConnectionString
        Wait-Written $writer
        $leader = $ensemble.Members | Where-Object Role -EQ 'Leader'
        $leader | Stop-CoordMember -Kill
        $leader.State | Should -Be 'Stopped'
        Wait-Written $writer
        # The last write before the kill may have been the one waited for.
        Wait-Until { $ensemble.State -eq 'Degraded' }
        $ensemble.Leader | Should -Not -Be $leader.Id
        $leader | Start-CoordMember
        Wait-Until { $leader.IsServing -and $ensemble.State -eq 'Running' }
        Wait-Written $writer
        Stop-Writer $writer
    }

    It 'are restarted one after another under a writer, the leader last' {
        $writer = Start-Writer $ensemble.ConnectionString
        Wait-Written $writer
        $leader = $ensemble.Leader
        $restarted = $ensemble.Members | Restart-CoordMember -PassThru
        $restarted.Id | Should -HaveCount 3
        $restarted[-1].Id | Should -Be $leader
        # A busy machine may make them elect once more.
        Wait-Until { $ensemble.State -eq 'Running' }
        Wait-Written $writer
        Stop-Writer $writer
    }

    It 'are not restarted at the price of the quorum' {
        $follower, $other = $ensemble.Members | Where-Object Role -EQ 'Follower'
        $follower | Stop-CoordMember
        $other | Restart-CoordMember -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.FullyQualifiedErrorId | Should -Be 'NoQuorum,CoordPS.Cmdlets.RestartCoordMemberCommand'
        $other.State | Should -Be 'Running'
    }

    It 'are suspended and resumed' {
        $leader = $ensemble.Members | Where-Object Role -EQ 'Leader'
        ($leader | Suspend-CoordMember -PassThru).State | Should -Be 'Suspended'
        Wait-Until { $ensemble.Leader -notin $null, $leader.Id } 'another leads'
        # A leader may serve before its follower does.
        Wait-Until { $ensemble.State -eq 'Degraded' } 'the others serve'
        $leader | Resume-CoordMember
        Wait-Until { $ensemble.State -eq 'Running' } 'all serve'
    }

    It 'are started together when all were stopped' {
        $null = $ensemble | Connect-Coord
        $null = New-ZNode /kept
        Disconnect-Coord
        $ensemble.Members | Stop-CoordMember
        $ensemble.State | Should -Be 'Stopped'
        $ensemble.Members | Start-CoordMember
        $ensemble.State | Should -Be 'Running'
        $null = $ensemble | Connect-Coord
        Test-ZNode /kept | Should -BeTrue
    }

    It 'come and go at run time' {
        $writer = Start-Writer $ensemble.ConnectionString
        Wait-Written $writer
        $observer = $ensemble | Add-CoordMember -Observer
        $observer.Id | Should -Be 4
        Wait-Until { $observer.Role -eq 'Observer' }
        $ensemble | Add-CoordMember | Select-Object -ExpandProperty Id | Should -Be 5
        $null = $ensemble | Connect-Coord
        $config = (Get-ZNode /zookeeper/config).Value -join "`n"
        $config | Should -Match 'server\.4=.*:observer;'
        $config | Should -Match 'server\.5=.*:participant;'
        $removed = $ensemble.Members | Where-Object Id -EQ $ensemble.Leader
        $removed | Remove-CoordMember -Confirm:$false
        $removed.State | Should -Be 'Stopped'
        $removed.DataPath | Should -Not -Exist
        $ensemble.Members.Id | Should -Not -Contain $removed.Id
        Wait-Until { $ensemble.State -eq 'Running' } 'all serve'
        Wait-Written $writer
        Stop-Writer $writer
    }

    It 'that were added are there after a restart of the ensemble' {
        $kept = Start-CoordEnsemble members-kept -Members 3 -DataPath TestDrive:/grown
        $null = $kept | Add-CoordMember
        $kept | Stop-CoordEnsemble
        $again = Start-CoordEnsemble -DataPath TestDrive:/grown
        $again.Members | Should -HaveCount 4
        $again.State | Should -Be 'Running'
        $again.Members[1] | Remove-CoordMember -Confirm:$false -DeleteData
        $again | Stop-CoordEnsemble
        'TestDrive:/grown/2' | Should -Not -Exist
        (Start-CoordEnsemble -DataPath TestDrive:/grown).Members.Id | Should -Be 1, 3, 4
    }

    It 'are named by ensemble and number, and completed' {
        Stop-CoordMember members 2
        $ensemble.Members[1].State | Should -Be 'Stopped'
        Start-CoordMember -Name members -Id 2 -NoWait
        Stop-CoordMember members 9 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.FullyQualifiedErrorId | Should -Be 'NoMember,CoordPS.Cmdlets.StopCoordMemberCommand'
        Stop-CoordMember nobody 1 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.FullyQualifiedErrorId | Should -Be 'NoEnsemble,CoordPS.Cmdlets.StopCoordMemberCommand'
        Suspend-CoordMember members 1 -WhatIf
        $ensemble.Members[0].State | Should -Be 'Running'
        $text = 'Stop-CoordMember members '
        (TabExpansion2 $text $text.Length).CompletionMatches.CompletionText | Should -Be '1', '2', '3'
        $ensemble.Members | Out-String -Width 200 | Should -Match 'Ensemble\s+Id\s+State\s+Role\s+ClientEndPoint\s+PID\s+DataPath'
    }
}
