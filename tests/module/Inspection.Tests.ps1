BeforeDiscovery { $skipApache = ($global:CoordTestPeers | Where-Object Name -EQ 'Apache').Skip ?? $false }

BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"

    # Only a failure takes so long; a busy machine takes longer than the default.
    $PSDefaultParameterValues = @{
        'Get-CoordMember:Timeout' = '20s'; 'Test-CoordEnsemble:Timeout' = '20s'; 'Measure-CoordEnsemble:Timeout' = '20s'; 'Invoke-CoordAdminCommand:Timeout' = '20s'
    }

    # Reads the members until they are as wanted, at most half a minute.
    function Wait-Member([scriptblock] $Condition, [hashtable] $Target) {
        $deadline = [datetime]::UtcNow.AddSeconds(30)
        while ($true) {
            $members = @(Get-CoordMember @Target | Sort-Object Id)
            if ($members | & { process { $all = @($all) + $_ } end { & $Condition $all } }) {
                return $members
            }
            if ([datetime]::UtcNow -gt $deadline) {
                throw "Not within half a minute: $Condition. It is: $($members | Out-String)"
            }
            Start-Sleep -Milliseconds 50
        }
    }

    function Test-Failure($Checks, [string] $Name) { @($Checks | Where-Object Status -EQ Failed | Where-Object Name -EQ $Name) }
}

Describe 'An ensemble of CoordPS members' {
    BeforeAll { $ensemble = Start-CoordEnsemble inspected -Members 3 }
    AfterAll {
        Get-CoordSession | Disconnect-Coord
        Stop-CoordEnsemble inspected
    }

    It 'has members with live readings' {
        # The last member may follow a moment after the quorum serves.
        $members = Wait-Member { param($all) ($all | Where-Object Role -EQ Leader).SyncedFollowers -eq 2 -and @($all.Lag -eq 0).Count -eq 3 } @{ Ensemble = 'inspected' }
        $members | Should -HaveCount 3
        $members | Should -BeOfType ([CoordPS.CoordMember])
        $members.Id | Should -Be 1, 2, 3
        $members.State | Select-Object -Unique | Should -Be 'Running'
        @($members | Where-Object Role -EQ Leader) | Should -HaveCount 1
        $leader = $members | Where-Object Role -EQ Leader
        $leader.SyncedFollowers | Should -Be 2
        $members.Lag | Should -Be 0, 0, 0
        $members.ZNodeCount | Should -Not -Contain $null
        $members.Version | Select-Object -Unique | Should -BeLike '3.8.0-CoordPS-*'
    }

    It 'is found by name, servers, session and from the pipeline' {
        (Get-CoordMember inspected).Ensemble | Select-Object -Unique | Should -Be 'inspected'
        (Get-CoordMember -ConnectionString $ensemble.ConnectionString) | Should -HaveCount 3
        (Get-CoordMember -Ensemble ($ensemble.ConnectionString -split ',')) | Should -HaveCount 3
        (Get-CoordEnsemble inspected | Get-CoordMember -Id 2).Id | Should -Be 2
        $session = $ensemble | Connect-Coord
        (Get-CoordMember).Ensemble | Select-Object -Unique | Should -Be 'inspected'
        ($session | Get-CoordMember) | Should -HaveCount 3
        (Get-CoordMember -Id 3 | Get-CoordMember).Id | Should -Be 3
        Disconnect-Coord $session
        Get-CoordMember nobody -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'NoEnsemble,CoordPS.Cmdlets.GetCoordMemberCommand'
        Get-CoordMember inspected -Id 9 -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'NoMember,CoordPS.Cmdlets.GetCoordMemberCommand'
        { Get-CoordMember inspected -ConnectionString a:1 } | Should -Throw -ErrorId 'BadArguments*'
    }

    It 'passes its checks' {
        $checks = $ensemble | Test-CoordEnsemble -Canary
        $checks | Should -BeOfType ([CoordPS.CoordCheck])
        $checks | Where-Object Status -EQ Failed | Should -BeNullOrEmpty
        foreach ($name in 'Leader', 'Quorum', 'Size', 'Epoch', 'Configuration', 'Version', 'Reachable', 'Serving', 'Lag', 'Outstanding', 'Latency', 'Fsync',
            'FileDescriptors', 'Watches', 'Sessions', 'Disk', 'Canary', 'Clock') {
            $checks.Name | Should -Contain $name
        }
        ($checks | Where-Object Name -EQ Canary).Reading | Should -Match 'ms'
        $ensemble | Test-CoordEnsemble -Quiet | Should -BeTrue
        $session = $ensemble | Connect-Coord
        Get-ZNodeChild / | Where-Object Path -Like '/coordps-*' | Should -BeNullOrEmpty
        Disconnect-Coord $session
    }

    It 'answers administrative commands as objects' {
        $answers = Invoke-CoordAdminCommand mntr inspected | Sort-Object Id
        $answers.Id | Should -Be 1, 2, 3
        $answers.server_state | Should -Contain 'leader'
        $answers[0].znode_count | Should -BeOfType ([long])
        (Invoke-CoordAdminCommand conf inspected -Id 2).serverId | Should -Be 2
        (Invoke-CoordAdminCommand conf inspected -Id 2).Members | Should -HaveCount 3
        Invoke-CoordAdminCommand ruok inspected -Raw | Should -Be 'imok', 'imok', 'imok'
        $session = $ensemble | Connect-Coord
        $null = New-ZNode /eph -Mode Ephemeral
        (Invoke-CoordAdminCommand cons | Where-Object SessionId -EQ ([long]$session.Id)).Timeout | Should -Be $session.Timeout
        $dumps = Invoke-CoordAdminCommand dump
        $dumps.Ephemerals | Where-Object SessionId -EQ $session.Id | Select-Object -First 1 -ExpandProperty Paths | Should -Be '/eph'
        (Get-CoordMember -Id 1 | Invoke-CoordAdminCommand wchs).Watches | Should -BeOfType ([long])
        Disconnect-Coord $session
    }

    It 'keeps its statistics with -WhatIf, and loses them without' {
        Invoke-CoordAdminCommand srst inspected -Id 1 -WhatIf | Should -BeNullOrEmpty
        (Invoke-CoordAdminCommand srst inspected -Id 1).Text | Should -Be 'Server stats reset.'
    }

    It 'says what is not a command, and completes what is' {
        { Invoke-CoordAdminCommand 'rm -rf' inspected } | Should -Throw
        Invoke-CoordAdminCommand leader inspected -Id 1 -AdminPort (Get-FreePort) -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        "$failure" | Should -BeLike '*AdminServer*'
        $failure[0].ErrorDetails.RecommendedAction | Should -BeLike '*admin.serverPort*'
        $text = 'Invoke-CoordAdminCommand wch'
        (TabExpansion2 $text $text.Length).CompletionMatches.CompletionText | Should -Be 'wchc', 'wchp', 'wchs'
        $text = 'Get-CoordMember insp'
        (TabExpansion2 $text $text.Length).CompletionMatches.CompletionText | Should -Be 'inspected'
    }

    It 'is measured, and nothing stays' {
        $results = $ensemble | Measure-CoordEnsemble -Duration 500ms -WarmUp 100ms -Sessions 3 -Outstanding 4
        $results.Operation | Should -Be 'Read', 'Write', 'Mixed'
        foreach ($result in $results) {
            $result.Count | Should -BeGreaterThan 0
            $result.Throughput | Should -BeGreaterThan 0
            $result.ErrorCount | Should -Be 0
            $result.P50 | Should -BeLessOrEqual $result.P99
            $result.P99 | Should -BeLessOrEqual $result.Max
            $result.Members | Should -HaveCount 3
        }
        ($results[0].Members.Received | Measure-Object -Sum).Sum | Should -BeGreaterThan 0
        ($results[1].Members | Where-Object { $_.Member.Role -eq 'Leader' }).Transactions | Should -BeGreaterThan 0
        $ensemble | Measure-CoordEnsemble -WhatIf | Should -BeNullOrEmpty
        $session = $ensemble | Connect-Coord
        Get-ZNodeChild / | Where-Object Path -Like '/coordps-*' | Should -BeNullOrEmpty
        Disconnect-Coord $session
    }

    It 'cleans up when a measurement is interrupted' {
        $session = $ensemble | Connect-Coord
        $job = Start-Background { Measure-CoordEnsemble -Session $Session -Duration 60s -Operation Write } $session
        Wait-Until { Get-ZNodeChild / | Where-Object Path -Like '/coordps-measure-*' }
        $job.Shell.Stop()
        # The member that this session is connected to may hear of it later than the one that was asked.
        Wait-Until { -not (Get-ZNodeChild / | Where-Object Path -Like '/coordps-*') }
        $job.Shell.Dispose()
        Disconnect-Coord $session
    }

    It 'shows its tables' {
        Get-CoordMember inspected | Out-String -Width 220 | Should -Match 'Ensemble: inspected[\s\S]+Id\s+Server\s+State\s+Role\s+LastZxid\s+Lag[\s\S]+Leader'
        Get-CoordMember inspected -Id 1 | Format-List | Out-String -Width 220 | Should -Match '(?m)^Sessions\s+:'
        Test-CoordEnsemble inspected | Out-String -Width 160 | Should -Match 'Status\s+Name\s+Member\s+Reading[\s\S]+Passed\s+Quorum'
    }

    # The last, as they break it.
    It 'shows which member is down, by the cmdlets that take members' {
        $leader = Get-CoordMember inspected | Where-Object Role -EQ Leader
        $leader | Stop-CoordMember
        $members = Wait-Member { param($all) $all.Role -contains 'Leader' -and $all.Role -contains 'Follower' } @{ Ensemble = 'inspected' }
        $down = $members | Where-Object State -NE Running
        $down.Id | Should -Be $leader.Id
        $down.State | Should -Be 'Stopped'
        $down.Reason | Should -Not -BeNullOrEmpty
        $down.LastZxid | Should -BeNullOrEmpty
        $down.WhyUnknown['LastZxid'] | Should -Be $down.Reason
        $checks = Test-CoordEnsemble inspected
        (Test-Failure $checks Reachable).Member.Id | Should -Be $leader.Id
        ($checks | Where-Object Name -EQ Quorum).Status | Should -Be 'Warning'
        Test-CoordEnsemble inspected -Quiet | Should -BeFalse

        $members | Where-Object Role -EQ Follower | Stop-CoordMember
        $null = Wait-Member { param($all) $all.Role -notcontains 'Leader' } @{ Ensemble = 'inspected' }
        $checks = Test-CoordEnsemble inspected -Canary -Timeout 1s
        Test-Failure $checks Quorum | Should -HaveCount 1
        Test-Failure $checks Leader | Should -HaveCount 1
        (Test-Failure $checks Canary).Advice | Should -Not -BeNullOrEmpty

        Get-CoordMember inspected | Where-Object State -EQ Stopped | Start-CoordMember
        $null = Wait-Member { param($all) @($all | Where-Object State -EQ Running).Count -eq 3 } @{ Ensemble = 'inspected' }
        Test-CoordEnsemble inspected -Quiet | Should -BeTrue
    }
}

Describe 'An ensemble of Apache members' -Skip:([bool]$skipApache) {
    BeforeAll {
        $apache = Start-ApacheEnsemble
        $target = @{ ConnectionString = $apache.ConnectionString }
        $null = Wait-Member { param($all) @($all | Where-Object State -EQ Running).Count -eq 3 } $target
    }
    AfterAll { Stop-ApacheEnsemble $apache }

    It 'has members with live readings' {
        # The last writes may reach a member a moment after they were acknowledged.
        $members = Wait-Member { param($all) @($all.Lag -eq 0).Count -eq 3 } $target
        $members.Id | Should -Be 1, 2, 3
        @($members | Where-Object Role -EQ Leader) | Should -HaveCount 1
        $members.Lag | Should -Be 0, 0, 0
        $members[1].MaxFiles | Should -BeGreaterThan 0
        $members.Version | Select-Object -Unique | Should -Match '^3\.\d+\.\d+$'
    }

    It 'tells what may not be asked, and what to change' {
        $closed = Get-CoordMember @target -Id 1
        $closed.WatchCount | Should -BeNullOrEmpty
        $closed.WhyUnknown['WatchCount'] | Should -BeLike '*4lw.commands.whitelist*'
        $check = Test-CoordEnsemble @target | Where-Object Name -EQ Watches | Where-Object { $_.Member.Id -eq 1 }
        $check.Status | Should -Be 'Unknown'
        $check.Advice | Should -BeLike '*4lw.commands.whitelist*'
        $closed | Invoke-CoordAdminCommand mntr -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].CategoryInfo.Category | Should -Be 'PermissionDenied'
        $failure[0].ErrorDetails.RecommendedAction | Should -BeLike '*4lw.commands.whitelist*zoo.cfg*'
    }

    It 'is asked by its AdminServer where words are not allowed' {
        $server = (Get-CoordMember @target -Id 1).Server
        (Get-CoordMember $server -AdminPort $apache.AdminPort | Where-Object Server -EQ $server).WatchCount | Should -Be 0
        (Invoke-CoordAdminCommand monitor $server -AdminPort $apache.AdminPort).server_state | Should -BeIn 'leader', 'follower'
        (Invoke-CoordAdminCommand cons $server -AdminPort $apache.AdminPort -Raw | ConvertFrom-Json).command | Should -Be 'connections'
    }

    It 'passes its checks' {
        $checks = Test-CoordEnsemble @target -Canary
        $checks | Where-Object Status -EQ Failed | Should -BeNullOrEmpty
        ($checks | Where-Object Name -EQ Clock).Status | Should -Be 'Passed'
    }

    It 'is measured, and nothing stays' {
        $result = Measure-CoordEnsemble @target -Duration 500ms -WarmUp 100ms -Sessions 3 -Operation Mixed
        $result.Count | Should -BeGreaterThan 0
        $result.ErrorCount | Should -Be 0
        $result.Members | Should -HaveCount 3
        $session = Connect-Coord $apache.ConnectionString
        Get-ZNodeChild / | Where-Object Path -Like '/coordps-*' | Should -BeNullOrEmpty
        Disconnect-Coord $session
    }

    It 'shows which member is down, and that the quorum is gone' {
        $leader = Get-CoordMember @target | Where-Object Role -EQ Leader
        $process = $apache.Processes[$leader.Id - 1]
        $process.Kill()
        $process.WaitForExit()
        $members = Wait-Member { param($all) $all.Role -contains 'Leader' -and $all.Role -contains 'Follower' } $target
        ($members | Where-Object State -EQ Unreachable).Server | Should -Be $leader.Server
        $checks = Test-CoordEnsemble @target
        (Test-Failure $checks Reachable).Member.Server | Should -Be $leader.Server
        ($checks | Where-Object Name -EQ Quorum).Status | Should -Be 'Warning'

        $other = $apache.Processes | Where-Object { -not $_.HasExited } | Select-Object -First 1
        $other.Kill()
        $other.WaitForExit()
        $null = Wait-Member { param($all) $all.State -notcontains 'Running' } $target
        Test-Failure (Test-CoordEnsemble @target) Quorum | Should -HaveCount 1
        Test-CoordEnsemble @target -Quiet | Should -BeFalse
    }
}
