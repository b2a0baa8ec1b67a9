BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"
    Import-Module "$PSScriptRoot/Local.psm1" -Force
}

Describe 'Ensembles of several members in this process' {
    AfterEach {
        Get-CoordSession | Disconnect-Coord
        Get-CoordEnsemble 'local-*' | Stop-CoordEnsemble
    }

    It 'serve when the cmdlet returns, each member with files of its own' {
        $ensemble = Start-CoordEnsemble local-a -Members 3 -Observers 1
        $ensemble.State | Should -BeIn 'Running', 'Degraded'
        # The start does not wait for ever for members that the quorum does without.
        Wait-Until { $ensemble.State -eq 'Running' } 'all serve'
        $ensemble.Kind | Should -Be 'InProcess'
        $ensemble.Members.Id | Should -Be 1, 2, 3, 4
        ($ensemble.Members | Where-Object Role -EQ 'Leader').Id | Should -Be $ensemble.Leader
        @($ensemble.Members | Where-Object Role -EQ 'Follower') | Should -HaveCount 2
        $ensemble.Members[3].IsObserver | Should -BeTrue
        $ensemble.Members[3].Role | Should -Be 'Observer'
        $ensemble.ConnectionString | Should -Match '^(127\.0\.0\.1:\d+,){3}127\.0\.0\.1:\d+$'
        foreach ($member in $ensemble.Members) {
            $member.DataPath | Should -Be (Join-Path $ensemble.DataPath $member.Id)
            (Get-Content "$($member.DataPath)/myid") | Should -Be $member.Id
            $member.ConfigPath | Should -Exist
            $member.ProcessId | Should -Be $PID
        }
        $null = $ensemble | Connect-Coord
        (New-ZNode /x y | Get-ZNode).Value | Should -Be 'y'
        Disconnect-Coord
        $ensemble | Stop-CoordEnsemble
        $ensemble.State | Should -Be 'Stopped'
        $ensemble.DataPath | Should -Not -Exist
    }

    It 'serve within two seconds in a warm shell' {
        Start-CoordEnsemble local-warm -Members 3 | Stop-CoordEnsemble
        $seconds = Measure-Time {
            $null = Start-CoordEnsemble local-b -Members 3 | Connect-Coord
            $null = New-ZNode /served
        }
        Write-Host ("      three members served a client's first write after {0:n0} ms" -f ($seconds * 1000))
        $seconds | Should -BeLessThan 2
    }

    It 'leave no thread, port or file behind' -Skip:(-not $IsLinux) {
        # What a first ensemble loads and starts for good is not counted.
        Start-CoordEnsemble local-warm -Members 3 | Stop-CoordEnsemble
        $threads = @(Get-OwnThread).Count
        $ensemble = Start-CoordEnsemble local-c -Members 3 -Observers 1
        $null = $ensemble | Connect-Coord
        1..20 | ForEach-Object { New-ZNode "/n$_" } | Out-Null
        Disconnect-Coord
        @(Get-OwnThread).Count | Should -BeGreaterThan $threads
        $ports = $ensemble.Members | ForEach-Object { $_.ClientEndPoint.Port, $_.ElectionEndPoint.Port, $_.QuorumEndPoint.Port }
        Get-ListeningPort | Where-Object { $_ -in $ports } | Should -Not -BeNullOrEmpty
        Get-OpenFile $ensemble.DataPath | Should -Not -BeNullOrEmpty
        $ensemble | Stop-CoordEnsemble
        # Some of the first ensemble's may not have ended when they were counted.
        Wait-Until { @(Get-OwnThread).Count -le $threads } 'threads have ended'
        Get-ListeningPort | Where-Object { $_ -in $ports } | Should -BeNullOrEmpty
        Get-OpenFile $ensemble.DataPath | Should -BeNullOrEmpty
        $ensemble.DataPath | Should -Not -Exist
    }

    It 'are the same again from the folder they were in' {
        $ensemble = Start-CoordEnsemble local-d -Members 3 -DataPath TestDrive:/kept
        $null = $ensemble | Connect-Coord
        $null = New-ZNode /kept 'until tomorrow'
        Disconnect-Coord
        $before = $ensemble.ConnectionString
        $ensemble | Stop-CoordEnsemble
        $again = Start-CoordEnsemble -DataPath TestDrive:/kept
        $again.Name | Should -Be 'local-d'
        $again.Members | Should -HaveCount 3
        $again.ConnectionString | Should -Be $before
        $null = $again | Connect-Coord
        (Get-ZNode /kept).Value | Should -Be 'until tomorrow'
    }

    It 'take the ports they are given, and settings for all members' {
        $port = Get-FreePort
        $ensemble = Start-CoordEnsemble local-e -Members 3 -Port $port, (Get-FreePort), (Get-FreePort) -Configuration @{ tickTime = 400; extendedTypesEnabled = $true }
        $ensemble.Members[0].ClientEndPoint.Port | Should -Be $port
        Get-Content $ensemble.Members[1].ConfigPath | Should -Contain 'tickTime=400'
        $null = $ensemble | Connect-Coord
        (New-ZNode /ttl -TimeToLive 1h).Mode | Should -Be 'Ttl'
    }

    It 'say which member can''t have which port, and leave nothing of a start that failed' {
        $taken = (Start-CoordEnsemble local-f).Members[0].ClientEndPoint.Port
        Start-CoordEnsemble local-g -Members 3 -Port (Get-FreePort), $taken, (Get-FreePort) -DataPath TestDrive:/failed -ErrorAction SilentlyContinue -ErrorVariable failure |
            Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'AddressUnavailable,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        "$failure" | Should -BeLike "*Member 2*client port $taken*"
        'TestDrive:/failed' | Should -Not -Exist
        Get-CoordEnsemble local-g -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'don''t touch a folder that holds something else' {
        $null = New-Item TestDrive:/other/zoo.cfg -Force -Value 'precious'
        Start-CoordEnsemble local-h -Members 3 -DataPath TestDrive:/other -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'EnsembleMismatch,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        (Get-ChildItem TestDrive:/other).Name | Should -Be 'zoo.cfg'
        Get-Content TestDrive:/other/zoo.cfg | Should -Be 'precious'
    }

    It 'are not started with another number of members, or with damaged files' {
        Start-CoordEnsemble local-i -Members 3 -DataPath TestDrive:/three | Stop-CoordEnsemble
        Start-CoordEnsemble local-i -Members 5 -DataPath TestDrive:/three -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'EnsembleMismatch,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        "$failure" | Should -BeLike '*3 members and 0 observers, not 5 and 0*'
        Set-Content TestDrive:/three/2/myid 1
        Start-CoordEnsemble local-i -DataPath TestDrive:/three -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        "$failure" | Should -BeLike '*myid*'
        Set-Content TestDrive:/three/2/myid 2
        Get-ChildItem TestDrive:/three/2/version-2 -Filter 'acceptedEpoch' | Set-Content -Value 'nonsense'
        Start-CoordEnsemble local-i -DataPath TestDrive:/three -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'DataPathUnusable,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        "$failure" | Should -BeLike '*Member 2*acceptedEpoch*'
        Set-Content TestDrive:/three/ensemble.json '{'
        Start-CoordEnsemble local-i -DataPath TestDrive:/three -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        "$failure" | Should -BeLike '*ensemble.json*'
    }
}

Describe 'Ensembles whose members are processes' -Skip:(-not $IsLinux -and -not $IsMacOS) {
    BeforeAll {
        $state = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = (New-Item TestDrive:/state -ItemType Directory -Force).FullName
    }
    AfterAll {
        $env:XDG_STATE_HOME = $state
    }
    AfterEach {
        Get-CoordSession | Disconnect-Coord
        Get-CoordEnsemble 'procs-*' | Stop-CoordEnsemble
    }

    It 'outlive the shell that started them, and are found and stopped from another' {
        $started = Invoke-Shell 'Start-CoordEnsemble procs-a -Members 3 -OutOfProcess | Select-Object Name, ConnectionString, DataPath, @{ n = "Pids"; e = { $_.Members.ProcessId } }'
        # A process that does not answer at once counts as one that does not serve.
        Wait-Until { (Get-CoordEnsemble procs-a).State -eq 'Running' } 'all serve'
        $ensemble = Get-CoordEnsemble procs-a
        $ensemble.Kind | Should -Be 'OutOfProcess'
        $ensemble.ConnectionString | Should -Be $started.ConnectionString
        $ensemble.Members.ProcessId | Should -Be $started.Pids
        $ensemble.Members | ForEach-Object { $_.LogPath | Should -Exist }
        $null = $ensemble | Connect-Coord
        (New-ZNode /x y | Get-ZNode).Value | Should -Be 'y'
        Disconnect-Coord
        Invoke-Shell 'Stop-CoordEnsemble procs-a; "done"' | Should -Be 'done'
        Get-Living $started.Pids | Should -BeNullOrEmpty
        Get-CoordEnsemble 'procs-*' | Should -BeNullOrEmpty
        $started.DataPath | Should -Not -Exist
        Get-ChildItem $env:XDG_STATE_HOME -Recurse -File | Should -BeNullOrEmpty
    }

    It 'serve on when a member is killed, and have it back' {
        $ensemble = Start-CoordEnsemble procs-b -Members 3 -OutOfProcess
        $leader = $ensemble.Members | Where-Object Role -EQ 'Leader'
        $killed = $leader.ProcessId
        Stop-Process -Id $killed -Force
        Wait-Until { (Get-CoordEnsemble procs-b).State -eq 'Degraded' } 'the others serve'
        ($ensemble.Members | Where-Object Id -EQ $leader.Id).State | Should -Be 'Failed'
        (Get-CoordEnsemble procs-b).Failure | Should -BeLike "*Member $($leader.Id)*$killed*"
        $back = $leader | Start-CoordMember -PassThru
        $back.State | Should -Be 'Running'
        $back.ProcessId | Should -Not -Be $killed
        Wait-Until { (Get-CoordEnsemble procs-b).State -eq 'Running' } 'all serve'
    }

    It 'can be suspended and resumed' {
        $ensemble = Start-CoordEnsemble procs-c -Members 3 -OutOfProcess
        $leader = $ensemble.Members | Where-Object Role -EQ 'Leader'
        ($leader | Suspend-CoordMember -PassThru).State | Should -Be 'Suspended'
        Wait-Until { (Get-CoordEnsemble procs-c).Leader -notin $null, $leader.Id } 'another leads'
        ($leader | Resume-CoordMember -PassThru).State | Should -Be 'Running'
        Wait-Until { (Get-CoordEnsemble procs-c).State -eq 'Running' } 'all serve'
    }

    It 'are one member as well, and keep data in a folder of the user''s own' {
        $null = Start-CoordEnsemble procs-d -OutOfProcess -DataPath TestDrive:/single | Connect-Coord
        $null = New-ZNode /kept 'until tomorrow'
        Disconnect-Coord
        Stop-CoordEnsemble procs-d
        $null = Start-CoordEnsemble -OutOfProcess -DataPath TestDrive:/single | Connect-Coord
        (Get-ZNode /kept).Value | Should -Be 'until tomorrow'
    }

    It 'are gone after Ctrl+C while they form' {
        # What never serves is waited for until it is interrupted.
        Set-Content TestDrive:/sleeper "#!/bin/sh`nexec sleep 1000"
        $sleeper = (Get-Item TestDrive:/sleeper).FullName
        chmod +x $sleeper
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$global:CoordTestModulePath'; Start-CoordEnsemble procs-g -Members 3 -OutOfProcess -ExecutablePath '$sleeper'")
        $null = $shell.BeginInvoke()
        Wait-Until { @((Get-CoordEnsemble procs-g -ErrorAction Ignore).Members.ProcessId | Where-Object { $_ }).Count -eq 3 } 'three processes run'
        $ensemble = Get-CoordEnsemble procs-g
        $ensemble.State | Should -Be 'NoQuorum'
        $pids = $ensemble.Members.ProcessId
        $shell.Stop()
        $shell.Dispose()
        Get-Living $pids | Should -BeNullOrEmpty
        $ensemble.DataPath | Should -Not -Exist
        Get-CoordEnsemble procs-g -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'have names of their own, and an executable' {
        $null = Start-CoordEnsemble procs-e -OutOfProcess
        Start-CoordEnsemble procs-e -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'EnsembleExists,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        Start-CoordEnsemble procs-e -OutOfProcess -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'EnsembleExists,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        Start-CoordEnsemble procs-f -OutOfProcess -ExecutablePath /nowhere/coordps -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'ExecutableUnusable,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        Start-CoordEnsemble procs-f -OutOfProcess -ExecutablePath (Get-Command false).Source -Members 3 -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'MemberFailed,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        Get-CoordEnsemble procs-f -ErrorAction Ignore | Should -BeNullOrEmpty
    }
}
