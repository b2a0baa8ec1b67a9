BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "The pipeline on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $paths = 0..9999 | ForEach-Object { '/big/n{0:d5}' -f $_ }
            $created = $paths | New-ZNode -Data 'old' -Parents
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'creates 10,000 znodes in order' {
            $created.Count | Should -Be 10000
            [System.Linq.Enumerable]::SequenceEqual([string[]]$created.Path, [string[]]$paths) | Should -BeTrue
        }

        It 'sets 10,000 znodes in order' {
            $set = Get-ZNode /big -Recurse | Set-ZNode -Data x
            $set.Count | Should -Be 10001
            [System.Linq.Enumerable]::SequenceEqual([string[]]$set.Path, [string[]]('/big', $paths | ForEach-Object { $_ })) | Should -BeTrue
            @($set | Where-Object Version -NE 1).Count | Should -Be 0
            @(Get-ZNode /big -Recurse | Where-Object Value -CNE 'x').Count | Should -Be 0
        }

        It 'puts errors where they belong' {
            $seen = '/big/n00000', '/big/nope', 'bad', '/big/n00001' | Set-ZNode -Data y -ErrorAction Continue 2>&1
            $seen[0].Path | Should -Be '/big/n00000'
            $seen[1].TargetObject | Should -Be '/big/nope'
            $seen[2].TargetObject | Should -Be 'bad'
            $seen[3].Path | Should -Be '/big/n00001'
        }

        It 'passes on objects before it has read them all, and stops reading when no more are wanted' {
            $took = Measure-Time { $first = Get-ZNode /big -Recurse | Select-Object -First 3 }
            $first.Path | Should -Be '/big', '/big/n00000', '/big/n00001'
            $took | Should -BeLessThan 2
            (Get-ZNode /big).Path | Should -Be '/big'
        }

        It 'sends one request at a time with -ThrottleLimit 1' {
            { '/big/n00000', '/big/nope', '/big/n00001' | Set-ZNode -Data strict -ThrottleLimit 1 -ErrorAction Stop } | Should -Throw
            (Get-ZNode /big/n00001).Value | Should -Not -Be 'strict'
        }

        It 'stops at once on Ctrl+C' {
            $run = Start-Background { while ($true) { Get-ZNode /big -Recurse -Session $Session | Set-ZNode -Data z } } $session
            Wait-Until { $run.Output.Count -gt 500 }
            Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 2
            $run.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
            $run.Shell.Dispose()
            # The session is as good as before.
            (Get-ZNode /big/n00000 -Session $session).Path | Should -Be '/big/n00000'
        }

        It 'removes 10,000 znodes' {
            Remove-ZNode /big -Recurse -Force
            Test-ZNode /big | Should -BeFalse
        }
    }
}

Describe 'The pipeline without an answer' {
    It 'stops connecting at once on Ctrl+C' {
        # Accepts connections and says nothing.
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $run = Start-Background { Connect-Coord $Session -ConnectTimeout 60s -Verbose } "127.0.0.1:$($listener.LocalEndpoint.Port)"
        Wait-Until { $run.Shell.Streams.Verbose.Message -like 'Connecting*' }
        Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 2
        $run.Shell.Dispose()
        $listener.Stop()
    }
}
