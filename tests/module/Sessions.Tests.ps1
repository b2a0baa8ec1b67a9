BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Sessions on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        AfterEach { Get-CoordSession | Disconnect-Coord }

        It 'are opened, listed and closed' {
            $session = Connect-Coord $ConnectionString -Timeout 20s
            $session | Should -BeOfType ([CoordPS.CoordSession])
            $session.State | Should -Be 'Connected'
            $session.Id | Should -Match '^0x[0-9a-f]+$'
            "$($session.Server)" | Should -Be $ConnectionString
            $session.Timeout | Should -Be ([timespan]::FromSeconds(20))
            $session.Chroot | Should -Be '/'
            $session.IsDefault | Should -BeTrue
            (Get-CoordSession).Id | Should -Be $session.Id
            Disconnect-Coord
            $session.State | Should -Be 'Closed'
            Get-CoordSession | Should -BeNullOrEmpty
        }

        It 'the last one opened is the default, then the one before' {
            $first = Connect-Coord $ConnectionString
            $second = Connect-Coord $ConnectionString
            (Get-CoordSession -Default).Id | Should -Be $second.Id
            Disconnect-Coord $second
            (Get-CoordSession -Default).Id | Should -Be $first.Id
        }

        It 'come from several servers, tried until one accepts' {
            (Connect-Coord "127.0.0.1:$(Get-FreePort)", $ConnectionString).State | Should -Be 'Connected'
        }

        It 'are given with -Session or through the pipeline' {
            $first = Connect-Coord $ConnectionString
            $second = Connect-Coord $ConnectionString
            (Get-ZNode / -Session $first).Session.Id | Should -Be $first.Id
            ($first | Get-ZNode -Path /).Session.Id | Should -Be $first.Id
            (Get-ZNode /).Session.Id | Should -Be $second.Id
            (Get-ZNode / -Session $first | Get-ZNodeAcl).Session.Id | Should -Be $first.Id
        }

        It 'take their paths below a chroot' {
            $root = Connect-Coord $ConnectionString
            $null = New-ZNode /coordps-test-chroot
            $null = Connect-Coord "$ConnectionString/coordps-test-chroot"
            (New-ZNode /x).Path | Should -Be '/x'
            Test-ZNode /coordps-test-chroot/x -Session $root | Should -BeTrue
            Remove-ZNode /coordps-test-chroot -Recurse -Force -Session $root
        }

        It 'take durations as people write them' -ForEach @(
            @{ Text = '10s'; Seconds = 10 }, @{ Text = '8000ms'; Seconds = 8 }, @{ Text = 9; Seconds = 9 }, @{ Text = '0.2m'; Seconds = 12 }
            @{ Text = [timespan]'00:00:11'; Seconds = 11 }, @{ Text = '00:00:11'; Seconds = 11 }
        ) {
            (Connect-Coord $ConnectionString -Timeout $Text).Timeout.TotalSeconds | Should -Be $Seconds
        }

        It 'refuse what is no duration' {
            { Connect-Coord $ConnectionString -Timeout soon } | Should -Throw '*is not a duration*'
        }

        It 'are not closed with -WhatIf' {
            $session = Connect-Coord $ConnectionString
            Disconnect-Coord -WhatIf
            $session.State | Should -Be 'Connected'
        }

        It 'belong to the runspace that opened them, and work in others' {
            $session = Connect-Coord $ConnectionString
            $seen = 1..4 | ForEach-Object -Parallel {
                Import-Module $using:global:CoordTestModulePath
                @(Get-CoordSession).Count
                (Get-ZNode / -Session $using:session).Path
            } -ThrottleLimit 2
            $seen | Where-Object { $_ -eq 0 } | Should -HaveCount 4
            $seen | Where-Object { $_ -eq '/' } | Should -HaveCount 4
        }
    }
}
