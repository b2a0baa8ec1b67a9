# The cmdlets among contenders of other makes, without their connection, and stopped while they wait.
BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"

    $missing = @{ Kazoo = Get-MissingRecipePeer Kazoo; Curator = Get-MissingRecipePeer Curator }

    # Skips the test where a peer is missing.
    function Assert-PeerThere([string] $Kind) {
        if ($missing[$Kind]) { Set-ItResult -Skipped -Because $missing[$Kind] }
    }

    # Asserts that one was in at a time, and each of the names fifteen times.
    function Assert-Alone([string[]] $Lines, [string[]] $Names) {
        for ($i = 0; $i -lt $Lines.Count; $i += 2) {
            $name = ($Lines[$i] -split ' ')[1]
            $Lines[$i, ($i + 1)] | Should -Be "enter $name", "exit $name"
        }
        foreach ($name in $Names) { @($Lines -eq "enter $name").Count | Should -BeGreaterOrEqual 15 -Because "$name had its turns" }
    }

    # A script for Start-Background: what a contender does fifteen times, with Enter and Leave to tell.
    function New-Contender([string] $Name, [string] $Script) {
        [scriptblock]::Create(@"
            `$ErrorActionPreference = 'Stop'
            function Enter { "`$([System.Diagnostics.Stopwatch]::GetTimestamp()) enter $Name"; Start-Sleep -Milliseconds 5 }
            function Leave { "`$([System.Diagnostics.Stopwatch]::GetTimestamp()) exit $Name" }
            foreach (`$i in 1..15) { $Script }
"@)
    }

    # The ephemerals of a session below its root.
    function Get-Ephemeral($Of, $Session) {
        @(Get-ZNode / -Recurse -Session $Session | Where-Object { $_.EphemeralOwner -and ('0x{0:x}' -f $_.EphemeralOwner) -eq $Of.Id })
    }
}

foreach ($peer in $peers) {
    Describe "Contenders of other makes on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $servers = $session.ConnectionString
            $a = Connect-Coord $servers
            $b = Connect-Coord $servers
            $PSDefaultParameterValues['*-Coord*:Session'] = $session
        }
        AfterEach { Stop-RecipePeer }
        AfterAll {
            $PSDefaultParameterValues.Remove('*-Coord*:Session')
            Disconnect-TestPeer $session
        }

        It 'wait for our lock, and we for theirs: Curator' {
            Assert-PeerThere Curator
            # Nobody begins before all are in line.
            $held = Lock-Coord /lock
            $run = @(
                Start-RecipePeer Curator lock, $servers, /lock, 15, curator1
                Start-RecipePeer Curator lock, $servers, /lock, 15, curator2
                Start-Background (New-Contender used 'Use-CoordLock /lock { Enter; Leave } -Session $Session') $a
                Start-Background (New-Contender locked '$held = Lock-Coord /lock -Session $Session; Enter; Leave; $held | Unlock-Coord') $b
            )
            Wait-Until { @(Get-CoordLock /lock).Count -eq 5 } 60
            Unlock-Coord $held
            Assert-Alone (Complete-RecipePeer $run) curator1, curator2, used, locked
        }

        It 'wait for our lock, and we for theirs: kazoo, by its names' {
            Assert-PeerThere Kazoo
            $held = Lock-Coord /kazoolock -Naming Kazoo
            $held.ZNode | Should -Match '/[0-9a-f]{32}__lock__\d{10}$'
            $run = @(
                Start-RecipePeer Kazoo lock, $servers, /kazoolock, 15, kazoo1
                Start-RecipePeer Kazoo lock, $servers, /kazoolock, 15, kazoo2
                Start-Background (New-Contender used 'Use-CoordLock /kazoolock { Enter; Leave } -Naming Kazoo -Session $Session') $a
                Start-Background (New-Contender locked '$held = Lock-Coord /kazoolock -Naming Kazoo -Session $Session; Enter; Leave; $held | Unlock-Coord') $b
            )
            Wait-Until { @(Get-CoordLock /kazoolock).Count -eq 5 } 60
            Unlock-Coord $held
            Assert-Alone (Complete-RecipePeer $run) kazoo1, kazoo2, used, locked
        }

        It 'wait for our lock, and we for theirs: kazoo, told of Curator''s names' {
            Assert-PeerThere Kazoo
            $held = Lock-Coord /bothlock
            $run = @(
                Start-RecipePeer Kazoo lock, $servers, /bothlock, 15, kazoo, Curator
                Start-Background (New-Contender ours 'Use-CoordLock /bothlock { Enter; Leave } -Session $Session') $a
            )
            Wait-Until { @(Get-CoordLock /bothlock).Count -eq 3 } 60
            Unlock-Coord $held
            Assert-Alone (Complete-RecipePeer $run) kazoo, ours
        }

        It 'share a semaphore with us: Curator' {
            Assert-PeerThere Curator
            $held = 1..2 | ForEach-Object { Lock-Coord /semaphore -Limit 2 }
            $run = @(
                Start-RecipePeer Curator semaphore, $servers, /semaphore, 15, curator1, 2
                Start-RecipePeer Curator semaphore, $servers, /semaphore, 15, curator2, 2
                Start-Background (New-Contender used 'Use-CoordLock /semaphore { Enter; Leave } -Limit 2 -Session $Session') $a
                Start-Background (New-Contender locked '$held = Lock-Coord /semaphore -Limit 2 -Session $Session; Enter; Leave; $held | Unlock-Coord') $b
            )
            Wait-Until { @(Get-CoordLock /semaphore).Count -eq 6 } 60
            $held | Unlock-Coord
            $lines = Complete-RecipePeer $run
            $in = $most = 0
            foreach ($line in $lines) {
                $in += $line -like 'enter *' ? 1 : -1
                $most = [Math]::Max($most, $in)
            }
            $lines.Count | Should -Be 120
            $most | Should -Be 2
        }

        It 'read with us and write alone: Curator' {
            Assert-PeerThere Curator
            $held = Lock-Coord /rw -Shared
            $run = @(
                Start-RecipePeer Curator write, $servers, /rw, 15, writer
                Start-Background (New-Contender reader 'Use-CoordLock /rw { Enter; Leave } -Shared -Session $Session') $a
            )
            Wait-Until { @(Get-CoordLock /rw | Where-Object Kind -EQ Exclusive).Count -eq 1 } 60
            $held | Unlock-Coord
            Assert-Alone ((Complete-RecipePeer $run) -replace ' write$') writer, reader
        }

        It 'are elected, and we are: <Kind>' -ForEach @{ Kind = 'Curator'; Mode = 'latch' }, @{ Kind = 'Kazoo'; Mode = 'election' } {
            Assert-PeerThere $Kind
            $path = "/election-$Kind"
            $part = Enter-CoordElection $path -Naming $Kind -Id first
            $run = @(
                Start-RecipePeer $Kind $Mode, $servers, $path, 15, theirs1
                Start-RecipePeer $Kind $Mode, $servers, $path, 15, theirs2
                Start-Background (New-Contender block "Enter-CoordElection $path { Enter; Leave } -Naming $Kind -Id block -Session `$Session") $a
                Start-Background (New-Contender part "`$part = Enter-CoordElection $path -Naming $Kind -Id part -Session `$Session; Enter; Leave; `$part | Exit-CoordElection") $b
            )
            Wait-Until { @(Get-CoordLeader $path -All).Count -eq 5 } 60
            (Get-CoordLeader $path).Owner | Should -Be first
            (Get-CoordLeader $path -All).Owner | Should -Contain theirs1 -Because 'they are known by their ids'
            $part | Exit-CoordElection
            Assert-Alone (Complete-RecipePeer $run) theirs1, theirs2, block, part
        }

        It 'take what we send, and we what they send, each message once: <Kind>' -ForEach @{ Kind = 'Curator'; Layout = 'Simple' }, @{ Kind = 'Kazoo'; Layout = 'Kazoo' } {
            Assert-PeerThere $Kind
            $path = "/queue-$Kind"
            $null = New-ZNode $path -Session $session
            $receivers = @(
                Start-RecipePeer $Kind receive, $servers, $path, 0, theirs
                Start-Background ([scriptblock]::Create("do { `$got = (Receive-CoordMessage $path -Layout $Layout -Session `$Session).Value; `"0 got `$got ours`" } until (`$got -eq 'stop')")) $a
            )
            $sender = Start-RecipePeer $Kind send, $servers, $path, 40, theirs
            0..39 | ForEach-Object { "ours-$_" } | Send-CoordMessage $path -Layout $Layout
            $sent = @(Complete-RecipePeer $sender) -replace '^sent '
            $sent.Count | Should -Be 40
            # After all others in the queue's order: each receiver ends by one.
            'stop', 'stop' | Send-CoordMessage $path -Layout $Layout
            $got = Complete-RecipePeer $receivers
            $messages = $got -notmatch 'stop' -replace '^got (\S+) .*', '$1'
            $messages | Sort-Object | Should -Be (@($sent) + @(0..39 | ForEach-Object { "ours-$_" }) | Sort-Object)
            $got -match '^got stop' | Sort-Object | Should -Be 'got stop ours', 'got stop theirs'
        }

        It 'resolve the services that we register, and we theirs: Curator' {
            Assert-PeerThere Curator
            $ours = Register-CoordService web 80 -Address 10.0.0.1 -Id ours-1 -Metadata @{ zone = 'west' } -UriSpec '{scheme}://{address}:{port}/{name}'
            Complete-RecipePeer (Start-RecipePeer Curator discover, $servers, /services, 0, web) |
                Should -Be 'found ours-1 10.0.0.1:80 DYNAMIC true http://10.0.0.1:80/web west'
            $run = Start-RecipePeer Curator register, $servers, /services, 0, web
            Wait-Until { @(Get-CoordService web).Count -eq 2 } 60
            $theirs = Get-CoordService web | Where-Object Id -EQ curator-1
            $theirs.Uri | Should -Be 'http://10.0.0.9:99'
            $theirs.Metadata['zone'] | Should -Be 'east'
            Unregister-CoordService web ours-1
            Wait-Until { (Resolve-CoordService web).Id -eq 'curator-1' }
            $run.Process.StandardInput.Close()
            Complete-RecipePeer $run | Should -Be 'registered'
        }
    }

    Describe "A lost connection on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            if (-not ('CoordPS.Testing.FaultProxy' -as [type])) {
                Add-Type -IgnoreWarnings -WarningAction Ignore -TypeDefinition (@(
                    '#nullable enable'
                    'System', 'System.Collections.Generic', 'System.Linq', 'System.Threading', 'System.Threading.Tasks' | ForEach-Object { "using $_;" }
                    Get-Content -Raw "$PSScriptRoot/../CoordPS.Testing/FaultProxy.cs"
                ) -join "`n")
            }
            $port, $chroot = $session.ConnectionString -split ':|(?=/)' | Select-Object -Skip 1
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'stops the block before the session can expire, and another''s begins after: <_>' -ForEach 'silent', 'refused' {
            $proxy = [CoordPS.Testing.FaultProxy]::new([int]$port)
            try {
                $path = "/suspended-$_"
                $holder = Connect-Coord "$($proxy.ConnectionString)$chroot" -Timeout 8s
                # It tells every few milliseconds that it is still at it.
                $first = Start-Background ([scriptblock]::Create("Use-CoordLock $path { while (`$true) { [System.Diagnostics.Stopwatch]::GetTimestamp(); Start-Sleep -Milliseconds 10 } } -Session `$Session")) $holder
                Wait-Until { $first.Output.Count -gt 0 }
                $second = Start-Background ([scriptblock]::Create("Use-CoordLock $path { [System.Diagnostics.Stopwatch]::GetTimestamp() } -Session `$Session")) $session
                Wait-Until { @(Get-CoordLock $path -Session $session).Count -eq 2 }
                $suspended = [System.Diagnostics.Stopwatch]::GetTimestamp()
                $proxy.Hold()
                if ($_ -eq 'refused') {
                    $proxy.Refuse()
                    $proxy.Cut()
                }
                Wait-Until { $first.Async.IsCompleted }
                $first.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'LockLost,*'
                Wait-Until { $second.Output.Count -eq 1 } 30
                $last = $first.Output[-1]
                $ran = [System.Diagnostics.Stopwatch]::GetElapsedTime($suspended, $last)
                $ran | Should -BeLessThan $holder.Timeout
                $second.Output[0] | Should -BeGreaterThan $last
                Write-Host ("      {0}: the block ran on for {1:0.000} s of {2:0} s, another had the lock after {3:0.000} s" -f
                    $_, $ran.TotalSeconds, $holder.Timeout.TotalSeconds, [System.Diagnostics.Stopwatch]::GetElapsedTime($suspended, $second.Output[0]).TotalSeconds)
            } finally {
                $first.Shell.Dispose()
                $second.Shell.Dispose()
                $proxy.DisposeAsync().AsTask().GetAwaiter().GetResult()
                Disconnect-Coord $holder
            }
        }
    }

    Describe "Ctrl+C on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $other = Connect-Coord $session.ConnectionString
            $null = Lock-Coord /held -Session $other
            $null = Lock-Coord /limited -Limit 1 -Session $other
            $null = Enter-CoordElection /led -Session $other
            $null = New-ZNode /closed -Session $other
            'one' | Send-CoordMessage /jobs -Session $other
            $null = New-ZNode /empty, /settings -Session $other
            # Two places behind a barrier each: the lowest's member is the last to leave.
            $place = foreach ($path in '/leave1', '/leave2') {
                $owners = $path -eq '/leave1' ? @($session, $other) : @($other, $session)
                $run = Start-Background ([scriptblock]::Create("Enter-CoordBarrier $path 2 -Session `$Session")) $owners[0]
                Enter-CoordBarrier $path 2 -Session $owners[1]
                Wait-Until { $run.Output.Count -eq 1 }
                $run.Output[0]
                $run.Shell.Dispose()
            }
            $global:CoordTestPlaces = $place | Where-Object Session -EQ $session
        }
        AfterAll {
            Remove-Variable CoordTestPlaces -Scope Global
            Disconnect-TestPeer $session
        }

        # Who waits for a lease waits by two: one for its turn, one to be its lease.
        It 'ends at once and leaves nothing behind: <Script>' -ForEach @(
            @{ Script = 'Use-CoordLock /held { }'; Ephemerals = 1 }
            @{ Script = 'Use-CoordLock /held { } -Timeout 1m'; Ephemerals = 1 }
            @{ Script = 'Use-CoordLock /held { } -Shared'; Ephemerals = 1 }
            @{ Script = 'Use-CoordLock /limited { } -Limit 1'; Ephemerals = 2 }
            @{ Script = 'Use-CoordLock /free, /held { }'; Ephemerals = 2 }
            @{ Script = 'Use-CoordLock /free { Start-Sleep 600 }'; Ephemerals = 1 }
            @{ Script = 'Lock-Coord /held'; Ephemerals = 1 }
            @{ Script = 'Lock-Coord /free, /held'; Ephemerals = 2 }
            @{ Script = 'Lock-Coord /limited -Limit 1'; Ephemerals = 2 }
            @{ Script = 'Enter-CoordElection /led'; Ephemerals = 1 }
            @{ Script = 'Enter-CoordElection /led { } -Naming Kazoo'; Ephemerals = 1 }
            @{ Script = 'Enter-CoordElection /unled { Start-Sleep 600 }'; Ephemerals = 1 }
            @{ Script = 'Enter-CoordBarrier /bar 2'; Ephemerals = 1 }
            @{ Script = 'Wait-CoordBarrier /closed' }
            @{ Script = 'Receive-CoordMessage /empty' }
            @{ Script = 'Receive-CoordMessage /empty -Redeliver -Timeout 1m' }
            @{ Script = 'Receive-CoordMessage /jobs { Start-Sleep 600 }'; Ephemerals = 1 }
            @{ Script = 'Resolve-CoordService nobody -Timeout 1m' }
            @{ Script = 'Watch-CoordService nobody' }
            @{ Script = 'Watch-CoordConfig /settings' }
        ) {
            $before = (Get-Ephemeral $session $other).Count
            $run = Start-Background ([scriptblock]::Create("'begun'; $Script -Session `$Session")) $session
            try {
                Wait-Until { $run.Output.Count -ge 1 }
                if ($Ephemerals) {
                    Wait-Until { (Get-Ephemeral $session $other).Count -eq $before + $Ephemerals }
                } else {
                    # Nothing to see from outside tells that it waits.
                    Start-Sleep -Milliseconds 300
                }
                $run.Async.IsCompleted | Should -BeFalse -Because 'it waits'
                Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
            } finally {
                $run.Shell.Dispose()
            }
            Wait-Until { (Get-Ephemeral $session $other).Count -eq $before }
        }

        It 'ends Exit-CoordBarrier at once, and the place is given up' {
            $places = @($global:CoordTestPlaces)
            $places.Count | Should -Be 2
            foreach ($place in $places) {
                $run = Start-Background { 'begun'; Exit-CoordBarrier -Barrier $Session } $place
                Wait-Until { $run.Output.Count -ge 1 }
                Start-Sleep -Milliseconds 300
                $run.Async.IsCompleted | Should -BeFalse -Because 'the other has not left'
                Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
                $run.Shell.Dispose()
                Wait-Until { -not (Test-ZNode $place.ZNode -Session $other) }
            }
            Get-Ephemeral $session $other | Should -BeNullOrEmpty
        }
    }
}
