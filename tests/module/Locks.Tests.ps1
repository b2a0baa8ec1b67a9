BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Locks on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            # Another client of the same ensemble.
            $other = Connect-Coord $session.ConnectionString
            $PSDefaultParameterValues['*-Coord*:Session'] = $session
        }
        AfterAll {
            $PSDefaultParameterValues.Remove('*-Coord*:Session')
            Disconnect-TestPeer $session
        }

        It 'run a block in the caller''s scope, pass on what it emits, and are given back' {
            $before = 1
            $seen = Use-CoordLock /locks/block {
                $after = $before + 1
                $_.IsHeld
                (Get-CoordLock /locks/block -Session $other).Role
            }
            $seen | Should -Be $true, 'Holder'
            $after | Should -Be 2
            Get-CoordLock /locks/block | Should -BeNullOrEmpty
        }

        It 'stream what the block emits' {
            $first = Use-CoordLock /locks/stream { 1..1000000 } | Select-Object -First 2
            $first | Should -Be 1, 2
            Get-CoordLock /locks/stream | Should -BeNullOrEmpty
            & { Use-CoordLock /locks/stream { try { 1, 2 } catch { 'caught' } } | Select-Object -First 1; 'next' } | Should -Be 1, 'next'
        }

        It 'take what a program writes to its standard error for no failure, and an error for one' -Skip:($IsWindows) {
            $ErrorActionPreference = 'Stop'
            $lines = Use-CoordLock /locks/native { sh -c 'echo progress >&2; echo done' } -ErrorAction Stop 2>&1
            # The two streams come by ways of their own.
            $lines | ForEach-Object { "$_" } | Sort-Object | Should -Be done, progress
            { Use-CoordLock /locks/native { Write-Error 'no' } } | Should -Throw 'no'
        }

        It 'keep runspaces apart that share a session' {
            $held = Lock-Coord /locks/shared
            $run = Start-Background { Use-CoordLock /locks/shared { 'mine' } -Session $Session; Unlock-Coord /locks/shared -ErrorAction SilentlyContinue } $session
            Wait-Until { @(Get-CoordLock /locks/shared).Count -eq 2 }
            $run.Output.Count | Should -Be 0
            $held | Unlock-Coord
            Wait-Until { $run.Output.Count -eq 1 }
            $run.Shell.Dispose()
        }

        It 'are given back when the block fails, and the error is the block''s' {
            { Use-CoordLock /locks/fails { throw 'out of paint' } } | Should -Throw '*out of paint*'
            Get-CoordLock /locks/fails | Should -BeNullOrEmpty
            Use-CoordLock /locks/fails { Write-Error soft -ErrorAction Continue; 'on' } -ErrorAction SilentlyContinue -ErrorVariable errors | Should -Be 'on'
            "$errors" | Should -Be 'soft'
        }

        It 'exclude others, who are told who holds them' {
            $held = Lock-Coord /locks/alone -Session $other
            $held.State | Should -Be 'Held'
            { Use-CoordLock /locks/alone { 'never' } -Timeout 0 -ErrorAction Stop } | Should -Throw "*held by*$($other.Id)*"
            { Lock-Coord /locks/alone -Timeout 200ms -ErrorAction Stop } | Should -Throw -ErrorId 'LockTimeout,CoordPS.Cmdlets.LockCoordCommand'
            @(Get-CoordLock /locks/alone).Count | Should -Be 1
            $held | Unlock-Coord
            $held.State | Should -Be 'Released'
            Use-CoordLock /locks/alone { 'now' } -Timeout 30s | Should -Be 'now'
        }

        It 'are passed on first come, first served, with growing fencing tokens' {
            $held = Lock-Coord /locks/turn -Session $other
            $run = Start-Background { Use-CoordLock /locks/turn { $_.FencingToken } -Session $Session } $session
            Wait-Until { @(Get-CoordLock /locks/turn).Count -eq 2 }
            $entries = Get-CoordLock /locks/turn
            $entries.Role | Should -Be Holder, Waiter
            $entries.SessionId | Should -Be $other.Id, $session.Id
            $entries[0].Owner | Should -Match "/$PID/"
            Unlock-Coord $held
            Wait-Until { $run.Output.Count -eq 1 }
            $run.Output[0] | Should -BeGreaterThan $held.FencingToken
            $run.Shell.Dispose()
        }

        It 'are entered again by the same session, in functions that take the same lock' {
            function Write-Report { Use-CoordLock /locks/again { 'report' } -Timeout 0 }
            Use-CoordLock /locks/again { Write-Report; @(Get-CoordLock /locks/again).Count } | Should -Be 'report', 1
        }

        It 'let readers in together and keep a writer out' {
            $readers = (Lock-Coord /locks/rw -Shared), (Lock-Coord /locks/rw -Shared -Session $other -Timeout 0)
            $third = Connect-Coord $session.ConnectionString
            { Lock-Coord /locks/rw -Session $third -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'LockTimeout*'
            $readers | Unlock-Coord
            $writer = Lock-Coord /locks/rw -Session $third -Timeout 30s
            { Lock-Coord /locks/rw -Shared -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'LockTimeout*'
            $writer | Unlock-Coord
        }

        It 'have as many leases as the limit says' {
            $leases = 1..2 | ForEach-Object { Lock-Coord /locks/limit -Limit 2 }
            { Lock-Coord /locks/limit -Limit 2 -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'LockTimeout*'
            @(Get-CoordLock /locks/limit -Holder).Count | Should -Be 2
            Unlock-Coord $leases[0]
            $leases += Lock-Coord /locks/limit -Limit 2 -Timeout 30s
            $leases[1, 2] | Unlock-Coord
        }

        It 'are taken together or not at all' {
            $held = Lock-Coord /locks/m2 -Session $other
            { Use-CoordLock /locks/m1, /locks/m2 { 'never' } -Timeout 0 -ErrorAction Stop } | Should -Throw
            Get-CoordLock /locks/m1 | Should -BeNullOrEmpty
            Unlock-Coord $held
            Use-CoordLock /locks/m2, /locks/m1 { $_.Path } | Should -Be '/locks/m1', '/locks/m2'
        }

        It 'stop the block when they are lost, in a loop and in a program' {
            $run = [hashtable]::Synchronized(@{ Session = $other })
            foreach ($block in { $run.Begun = $true; while ($true) { Start-Sleep -Milliseconds 20 } }, { $run.Begun = $true; & (Get-Process -Id $PID).Path -NoProfile -Command 'Start-Sleep 600' }) {
                $run.Begun = $false
                $breaker = Start-Background {
                    while (-not $Session.Begun) { Start-Sleep -Milliseconds 20 }
                    # A program takes a moment to begin.
                    Start-Sleep -Milliseconds 300
                    Remove-ZNode "/locks/lost/$(Get-ZNodeChild /locks/lost -Name -Session $Session.Session)" -Session $Session.Session
                } $run
                { Use-CoordLock /locks/lost $block -ErrorAction Stop } | Should -Throw -ErrorId 'LockLost,CoordPS.Cmdlets.UseCoordLockCommand'
                $breaker.Shell.Dispose()
            }
        }

        It 'leave nothing behind after Ctrl+C, waiting or holding' {
            $held = Lock-Coord /locks/stop -Session $other
            $waiting = Start-Background { Use-CoordLock /locks/stop { 'never' } -Session $Session } $session
            Wait-Until { @(Get-CoordLock /locks/stop).Count -eq 2 }
            Measure-Time { $waiting.Shell.Stop() } | Should -BeLessThan 1
            $waiting.Shell.Dispose()
            Wait-Until { @(Get-CoordLock /locks/stop).Count -eq 1 }
            Unlock-Coord $held
            $holding = Start-Background { Use-CoordLock /locks/stop { while ($true) { Start-Sleep -Milliseconds 50 } } -Session $Session } $session
            Wait-Until { @(Get-CoordLock /locks/stop -Holder).Count -eq 1 }
            Measure-Time { $holding.Shell.Stop() } | Should -BeLessThan 1
            $holding.Shell.Dispose()
            Wait-Until { @(Get-CoordLock /locks/stop).Count -eq 0 }
        }

        It 'change nothing with -WhatIf' {
            Use-CoordLock /locks/whatif { 'never' } -WhatIf | Should -BeNullOrEmpty
            Test-ZNode /locks/whatif | Should -BeFalse
        }

        It 'are found by their path, and only then' {
            Lock-Coord /locks/bypath | Out-Null
            Unlock-Coord /locks/bypath
            Unlock-Coord /locks/bypath -ErrorAction SilentlyContinue -ErrorVariable missing
            $missing.FullyQualifiedErrorId | Should -BeLike 'NotHeld,*'
            { Lock-Coord bad } | Should -Throw -ErrorId 'BadArguments,*'
        }
    }

    Describe "Elections, barriers and counters on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $other = Connect-Coord $session.ConnectionString
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'elect one leader, and the next when it leaves' {
            $first = Enter-CoordElection /el -Id first -Session $session
            $first.IsLeader | Should -BeTrue
            $second = Enter-CoordElection /el -Id second -Session $other -NoWait
            Wait-Until { @(Get-CoordLeader /el -All -Session $session).Count -eq 2 }
            $second.IsLeader | Should -BeFalse
            (Get-CoordLeader /el -Session $session).Owner | Should -Be 'first'
            (Get-CoordLeader /el -All -Session $session).Owner | Should -Be 'first', 'second'
            { Enter-CoordElection /el -Session $session -Timeout 200ms -ErrorAction Stop } | Should -Throw '*led by first*'
            $token = $first.FencingToken
            $first | Exit-CoordElection
            Wait-Until { $second.IsLeader }
            $second.FencingToken | Should -BeGreaterThan $token
            Exit-CoordElection /el
            Wait-Until { -not (Get-CoordLeader /el -Session $session) }
        }

        It 'run a block as the leader' {
            Enter-CoordElection /elblock { $_.IsLeader } -Session $session | Should -BeTrue
            Wait-Until { -not (Get-CoordLeader /elblock -Session $session) }
        }

        It 'open a barrier when all are there, and once' {
            $run = Start-Background { $place = Enter-CoordBarrier /bar 2 -Session $Session; 'in'; $place | Exit-CoordBarrier; 'out' } $other
            Wait-Until { (Test-ZNode /bar -Session $session) -and @(Get-ZNodeChild /bar -Name -Session $session).Count -eq 1 }
            $run.Output.Count | Should -Be 0
            $place = Enter-CoordBarrier /bar -Count 2 -Timeout 30s -Session $session
            Wait-Until { $run.Output.Count -eq 1 }
            $place | Exit-CoordBarrier -Timeout 30s
            Wait-Until { $run.Output.Count -eq 2 }
            $run.Output | Should -Be 'in', 'out'
            $run.Shell.Dispose()
            Enter-CoordBarrier /bar2 2 -Timeout 200ms -Session $session -ErrorAction SilentlyContinue -ErrorVariable late
            $late.FullyQualifiedErrorId | Should -BeLike 'BarrierTimeout,*'
            Wait-Until { @(Get-ZNodeChild /bar2 -Name -Session $session).Count -eq 0 }
        }

        It 'wait for a barrier that is a znode' {
            New-ZNode /closed -Session $session | Out-Null
            Wait-CoordBarrier /closed -Timeout 100ms -Session $session -ErrorAction SilentlyContinue -ErrorVariable shut
            $shut.FullyQualifiedErrorId | Should -BeLike 'BarrierTimeout,*'
            $run = Start-Background { Wait-CoordBarrier /closed -Session $Session; 'open' } $other
            Remove-ZNode /closed -Session $session
            Wait-Until { $run.Output.Count -eq 1 }
            $run.Shell.Dispose()
        }

        It 'count, each call a number of its own' {
            (Get-CoordCounter /cnt -Session $session).Value | Should -Be 0
            $numbers = 1..20 | ForEach-Object { '/cnt' } | Step-CoordCounter -Session $session | ForEach-Object Value
            $numbers | Sort-Object | Should -Be (1..20)
            (Step-CoordCounter /cnt -By -5 -Session $other).Value | Should -Be 15
            (Get-CoordCounter /cnt -Session $session).Value | Should -Be 15
        }
    }
}
