BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Queues on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $other = Connect-Coord $session.ConnectionString
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'deliver in the order sent, each message once' {
            1..200 | Send-CoordMessage /q
            (Receive-CoordMessage /q -Peek -Count 3).Value | Should -Be '1', '2', '3'
            (Receive-CoordMessage /q -Count 150).Value | Should -Be (1..150 | ForEach-Object { "$_" })
            (Receive-CoordMessage /q -Count 0 -Timeout 0).Value | Should -Be (151..200 | ForEach-Object { "$_" })
            Receive-CoordMessage /q -Timeout 100ms | Should -BeNullOrEmpty
        }

        It 'carry text, objects and bytes as they are' {
            'Grüße', '' | Send-CoordMessage /data
            @{ id = 7 } | Send-CoordMessage /data -As Json
            Send-CoordMessage /data ([byte[]](0, 255, 10))
            (Receive-CoordMessage /data).Value | Should -BeExactly 'Grüße'
            (Receive-CoordMessage /data).Data.Length | Should -Be 0
            (Receive-CoordMessage /data -As Json).Value.id | Should -Be 7
            (Receive-CoordMessage /data).Data | Should -Be 0, 255, 10
        }

        It 'wait for a message, and end at once on Ctrl+C' {
            $run = Start-Background { (Receive-CoordMessage /wait -Session $Session).Value } $other
            Wait-Until { Test-ZNode /wait -Session $session }
            Send-CoordMessage /wait hello -Session $session
            Wait-Until { $run.Output.Count -eq 1 }
            $run.Output[0] | Should -Be 'hello'
            $run.Shell.Dispose()
            $run = Start-Background { Receive-CoordMessage /wait -Session $Session } $other
            Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
            $run.Shell.Dispose()
        }

        It 'deliver again what a consumer did not complete' {
            'a', 'b' | Send-CoordMessage /jobs
            { Receive-CoordMessage /jobs { throw "can't do $($_.Value)" } } | Should -Throw "*can't do a*"
            $message = Receive-CoordMessage /jobs -Redeliver
            $message.Value | Should -Be 'a'
            $message.Complete()
            Receive-CoordMessage /jobs { "did $($_.Value)" } | Should -Be 'did b'
            Receive-CoordMessage /jobs -Peek | Should -BeNullOrEmpty
        }

        It 'deliver again what could not be read' {
            Send-CoordMessage /unreadable 'no JSON'
            { Receive-CoordMessage /unreadable -As Json -Redeliver -ErrorAction Stop } | Should -Throw
            { Receive-CoordMessage /unreadable -As Json { } -ErrorAction Stop } | Should -Throw
            Receive-CoordMessage /unreadable { "read $($_.Value)" } -Timeout 0 | Should -Be 'read no JSON'
        }

        It 'order by priority, and hold back until it is time' {
            Send-CoordMessage /prio low -Priority 10
            Send-CoordMessage /prio high -Priority 1
            (Receive-CoordMessage /prio -Count 2 -Layout Priority).Value | Should -Be high, low
            Send-CoordMessage /later then -Delay 1h
            Send-CoordMessage /later now -Delay 0
            (Receive-CoordMessage /later -Layout Delayed).Value | Should -Be 'now'
            Receive-CoordMessage /later -Layout Delayed -Timeout 0 | Should -BeNullOrEmpty
        }
    }

    Describe "Groups and services on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $other = Connect-Coord $session.ConnectionString
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'list who has joined' {
            $a = Join-CoordGroup /group a -Data 'from a' -Session $session
            $b = Join-CoordGroup /group b -Session $other
            $members = Get-CoordGroupMember /group
            $members.Id | Should -Be a, b
            $members[0].Value | Should -Be 'from a'
            $members.SessionId | Should -Be $session.Id, $other.Id
            $a | Exit-CoordGroup
            (Get-CoordGroupMember /group).Id | Should -Be 'b'
            Exit-CoordGroup /group
            Get-CoordGroupMember /group | Should -BeNullOrEmpty
        }

        It 'register, find, resolve in turn and unregister' {
            1..3 | ForEach-Object { Register-CoordService web (8080 + $_) -Address 10.0.0.$_ -Id "i$_" -Metadata @{ zone = "z$_" } -Session $session } | Out-Null
            $found = Get-CoordService web -Session $other
            $found.Id | Should -Be i1, i2, i3
            $found[1].Uri | Should -Be 'http://10.0.0.2:8082'
            $found[2].Metadata['zone'] | Should -Be 'z3'
            (Get-CoordService w* -Session $other).Count | Should -Be 3
            Wait-Until { (1..3 | ForEach-Object { (Resolve-CoordService web -Session $other).Id } | Sort-Object -Unique).Count -eq 3 }
            1..3 | ForEach-Object { (Resolve-CoordService web -Strategy Sticky -Session $other).Id } | Sort-Object -Unique | Should -HaveCount 1
            Unregister-CoordService web i2 -Session $session
            (Get-CoordService web).Id | Should -Be i1, i3
            Unregister-CoordService web -Session $session
            Get-CoordService web | Should -BeNullOrEmpty
        }

        It 'leave out what failed, and what is disabled' {
            'good', 'bad' | ForEach-Object { Register-CoordService flaky 1 -Address h -Id $_ -Session $session } | Out-Null
            Register-CoordService flaky 1 -Address h -Id off -Disabled -Session $session | Out-Null
            Wait-Until { (1..4 | ForEach-Object { (Resolve-CoordService flaky -Session $other).Id } | Sort-Object -Unique).Count -eq 2 }
            while (($bad = Resolve-CoordService flaky -Session $other).Id -ne 'bad') { }
            1..2 | ForEach-Object { $bad.ReportError() }
            1..6 | ForEach-Object { (Resolve-CoordService flaky -Session $other).Id } | Sort-Object -Unique | Should -Be 'good'
        }

        It 'wait for a first instance' {
            Resolve-CoordService late -ErrorAction SilentlyContinue -ErrorVariable none
            $none.FullyQualifiedErrorId | Should -BeLike 'NoInstance,*'
            $run = Start-Background { (Resolve-CoordService late2 -Timeout 30s -Session $Session).Id } $other
            Register-CoordService late2 1 -Id first -Session $session | Out-Null
            Wait-Until { $run.Output.Count -eq 1 }
            $run.Output[0] | Should -Be 'first'
            $run.Shell.Dispose()
        }

        It 'show changes as they come' {
            $run = Start-Background { Watch-CoordService seen -Session $Session } $other
            Register-CoordService seen 1 -Id x -Session $session | Out-Null
            Wait-Until { $run.Output.Count -ge 1 }
            Unregister-CoordService seen -Session $session
            Wait-Until { $run.Output.Count -ge 2 }
            $run.Output[0].Change, $run.Output[1].Change | Should -Be Added, Removed
            Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
            $run.Shell.Dispose()
        }
    }

    Describe "Configuration on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $other = Connect-Coord $session.ConnectionString
            $settings = [ordered]@{ db = [ordered]@{ host = 'db1'; port = 5432; tls = $true }; name = 'shop'; version = '8080'; hosts = 'a', 'b' }
            Set-CoordConfig /app $settings | Out-Null
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'comes back as it was set, with its types' {
            $read = Get-CoordConfig /app
            $read.db.host | Should -BeExactly 'db1'
            $read.db.port | Should -Be 5432
            $read.db.port | Should -BeOfType ([long])
            $read.db.tls | Should -BeTrue
            $read.version | Should -BeOfType ([string])
            $read.hosts | Should -Be a, b
            (Get-ZNode /app/db/host).Value | Should -BeExactly 'db1'
        }

        It 'emits what it changes, and shows it with -WhatIf' {
            Set-CoordConfig /app @{ db = @{ port = 1 } } -WhatIf | Should -BeNullOrEmpty
            (Get-CoordConfig /app).db.port | Should -Be 5432
            $changes = Set-CoordConfig /app @{ db = @{ port = 5433 }; color = 'red' }
            $changes.Key | Sort-Object | Should -Be color, db/port
            ($changes | Where-Object Key -EQ db/port).Old | Should -Be '5432'
            Set-CoordConfig /app -Key db/port 5432 | Out-Null
            Set-CoordConfig /app -Key db/port 5432 | Should -BeNullOrEmpty
        }

        It 'refuses to overwrite what another changed meanwhile' {
            $mine = Get-CoordConfig /app
            $mine.name = 'mine'
            $mine.db.tls = $false
            Set-CoordConfig /app -Key name 'theirs' -Session $other | Out-Null
            $mine | Set-CoordConfig /app -ErrorAction SilentlyContinue -ErrorVariable conflict
            $conflict[0].FullyQualifiedErrorId | Should -BeLike 'ConfigConflict,*'
            $conflict[0].TargetObject | Should -Be '/app/name'
            (Get-CoordConfig /app).name | Should -Be 'theirs'
            (Get-CoordConfig /app).db.tls | Should -BeTrue -Because 'it is all or nothing'
            $mine | Set-CoordConfig /app -Force | Out-Null
            (Get-CoordConfig /app).name | Should -Be 'mine'
        }

        It 'goes to files and back: <_>' -ForEach 'json', 'yaml' {
            $file = "$TestDrive/config.$_"
            Export-CoordConfig /app $file | Should -Not -BeNullOrEmpty
            Export-CoordConfig /app $file -ErrorAction SilentlyContinue -ErrorVariable there
            $there.FullyQualifiedErrorId | Should -BeLike 'CannotWrite,*'
            Import-CoordConfig "/copy-$_" $file | Should -Not -BeNullOrEmpty
            Import-CoordConfig "/copy-$_" $file | Should -BeNullOrEmpty -Because 'it is the same'
            (Get-CoordConfig "/copy-$_" | ConvertTo-Json -Depth 9) | Should -BeExactly (Get-CoordConfig /app | ConvertTo-Json -Depth 9)
            Set-CoordConfig "/copy-$_" -Key extra 1 | Out-Null
            (Import-CoordConfig "/copy-$_" $file -Prune).Change | Should -Be 'Remove'
        }

        It 'goes to environment variables and back' {
            Set-CoordConfig /env @{ db = @{ host = "it's a `"host`"" ; port = 1 } } | Out-Null
            Export-CoordConfig /env "$TestDrive/app.env" -Prefix 'APP__' | Out-Null
            Get-Content "$TestDrive/app.env" | Should -Contain 'APP__DB__PORT=1'
            Import-CoordConfig /env2 "$TestDrive/app.env" -Prefix 'APP__' | Out-Null
            (Get-CoordConfig /env2).db.host | Should -BeExactly "it's a `"host`""
            $env:COORDTEST__A__B = 'x'
            try { Import-CoordConfig /env3 -FromEnvironment -Prefix COORDTEST__ | Out-Null } finally { Remove-Item env:COORDTEST__A__B }
            (Get-CoordConfig /env3).a.b | Should -Be 'x'
        }

        It 'takes YAML as it is meant' {
            Set-Content "$TestDrive/meant.yaml" "base: &b { host: h1, port: 1 }`nown:`n  <<: *b`n  port: 0o17`nmode: 0644`nversion: 1.10`nlong: 12345678901234567890`nanswer: yes`nnone: ~`nlist: [a, { b: 1 }]"
            Import-CoordConfig /meant "$TestDrive/meant.yaml" | Out-Null
            $read = Get-CoordConfig /meant
            $read.own.host, $read.own.port | Should -Be 'h1', 15
            $read.mode, $read.answer | Should -BeExactly '0644', 'yes'
            (Get-ZNode /meant/version).Value | Should -BeExactly '1.10'
            (Get-ZNode /meant/long).Value | Should -BeExactly '12345678901234567890'
            $read.list[1].b | Should -Be 1
            Set-CoordConfig /meant @{ texts = @('no', '2024-01-02', "tab`t", ' x', "a`r`nb", '1e3', '*x', '# y', ('long words ' * 40)) } | Out-Null
            Export-CoordConfig /meant "$TestDrive/again.yaml" | Out-Null
            Import-CoordConfig /meant "$TestDrive/again.yaml" -Prune | Should -BeNullOrEmpty
        }

        It 'refuses YAML without end: <_>' -ForEach 'a: &x [*x]', 'a: &x { b: *x }', ('a: ' + '[' * 100000) {
            Set-Content "$TestDrive/endless.yaml" $_
            { Import-CoordConfig /endless "$TestDrive/endless.yaml" } | Should -Throw -ErrorId 'BadConfigFile,*'
        }

        It 'refuses names that a znode can''t have: <_>' -ForEach '', 'a/b', '..' {
            { Set-CoordConfig /names @{ $_ = 1 } } | Should -Throw -ErrorId 'BadConfig,*'
        }

        It 'says where a file is wrong' {
            Set-Content "$TestDrive/bad.yaml" "a: 1`n b: [2"
            { Import-CoordConfig /bad "$TestDrive/bad.yaml" -ErrorAction Stop } | Should -Throw '*bad.yaml*Line *'
            Test-ZNode /bad | Should -BeFalse
        }

        It 'is followed, once for changes that belong together' {
            $run = Start-Background { Watch-CoordConfig /watched -Session $Session -Debounce 50ms } $other
            Wait-Until { $run.Output.Count -eq 1 }
            Set-CoordConfig /watched @{ a = 1; b = 2 } -Session $session | Out-Null
            Wait-Until { $run.Output.Count -eq 2 }
            $run.Output[1].Value.b | Should -Be 2
            $run.Output[1].Changes.Key | Should -Contain 'a'
            Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
            $run.Shell.Dispose()
        }
    }
}
