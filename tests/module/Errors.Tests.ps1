BeforeDiscovery {
    $peers = $global:CoordTestPeers
    $badPaths = 'relative', '', '/trailing/', '//', '/a//b', '/a/../b', '/a/./b', "/nul`0"
}
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Errors on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            $null = New-ZNode /here text
            $null = New-ZNode /here/child
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'a missing znode: <Command>' -ForEach @(
            @{ Command = 'Get-ZNode /missing' }
            @{ Command = 'Get-ZNode /missing -NoData' }
            @{ Command = 'Get-ZNode /missing -Recurse' }
            @{ Command = 'Get-ZNodeChild /missing' }
            @{ Command = 'Set-ZNode /missing x' }
            @{ Command = 'Remove-ZNode /missing' }
            @{ Command = 'Remove-ZNode /missing -Recurse -Force' }
            @{ Command = 'Get-ZNodeAcl /missing' }
            @{ Command = 'Set-ZNodeAcl /missing Open' }
            @{ Command = 'New-ZNode /missing/child' }
        ) {
            $failure = $null
            Invoke-Expression "$Command -ErrorAction SilentlyContinue -ErrorVariable failure" | Should -BeNullOrEmpty
            $failure.Count | Should -Be 1
            $failure[0].FullyQualifiedErrorId | Should -Match '^NoNode,CoordPS\.Cmdlets\.\w+ZNode\w*Command$'
            $failure[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $failure[0].TargetObject | Should -BeLike '/missing*'
            "$($failure[0])" | Should -BeLike "*'/missing*"
            $failure[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            $failure[0].Exception | Should -BeOfType ([CoordPS.Client.NoNodeException])
            { Invoke-Expression "$Command -ErrorAction Stop" } | Should -Throw -ErrorId $failure[0].FullyQualifiedErrorId
        }

        It 'what exists already' {
            New-ZNode /here -ErrorAction SilentlyContinue -ErrorVariable failure
            $failure.FullyQualifiedErrorId | Should -Be 'NodeExists,CoordPS.Cmdlets.NewZNodeCommand'
            $failure.CategoryInfo.Category | Should -Be 'ResourceExists'
        }

        It 'a child of an ephemeral' {
            $null = New-ZNode /ephemeral -Ephemeral
            New-ZNode /ephemeral/child -ErrorAction SilentlyContinue -ErrorVariable failure
            $failure.FullyQualifiedErrorId | Should -Be 'NoChildrenForEphemerals,CoordPS.Cmdlets.NewZNodeCommand'
        }

        It 'too much data' {
            Set-ZNode /here ([byte[]]::new(2MB)) -ErrorAction SilentlyContinue -ErrorVariable failure
            $failure.FullyQualifiedErrorId | Should -Be 'RequestTooLarge,CoordPS.Cmdlets.SetZNodeCommand'
            (Get-ZNode /here).Value | Should -Be 'text'
        }

        It 'a path that is none: "<_>"' -ForEach $badPaths {
            $failure = @()
            if ($_ -eq '') {
                { Get-ZNode $_ } | Should -Throw
                return
            }
            Get-ZNode $_ -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
            $failure.FullyQualifiedErrorId | Should -Be 'BadArguments,CoordPS.Cmdlets.GetZNodeCommand'
            $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
            $failure.TargetObject | Should -Be $_
        }

        It 'the pipeline goes on after an error, in order' {
            $seen = '/here', 'bad', '/missing', '/here/child' | Get-ZNode -ErrorAction Continue 2>&1
            $seen.Count | Should -Be 4
            $seen[0].Path | Should -Be '/here'
            $seen[1].FullyQualifiedErrorId | Should -Be 'BadArguments,CoordPS.Cmdlets.GetZNodeCommand'
            $seen[2].FullyQualifiedErrorId | Should -Be 'NoNode,CoordPS.Cmdlets.GetZNodeCommand'
            $seen[3].Path | Should -Be '/here/child'
        }

        It 'unless -ErrorAction Stop' {
            $seen = [System.Collections.Generic.List[object]]::new()
            { '/here', '/missing', '/here/child' | Get-ZNode -ErrorAction Stop | ForEach-Object { $seen.Add($_) } } |
                Should -Throw -ErrorId 'NoNode,CoordPS.Cmdlets.GetZNodeCommand'
            $seen.Path | Should -Be '/here'
        }

        It 'can be caught by type' {
            $caught = try { Get-ZNode /missing -ErrorAction Stop } catch [CoordPS.Client.NoNodeException] { $_.Exception.Path }
            $caught | Should -Be '/missing'
        }

        It 'an expired session' {
            $expiring = Connect-Coord $session.ConnectionString
            Stop-Session $expiring
            $seen = '/here', '/here/child' | Get-ZNode -Session $expiring -ErrorAction Continue 2>&1
            $seen.FullyQualifiedErrorId | Should -Be (@('SessionExpired,CoordPS.Cmdlets.GetZNodeCommand') * 2)
            $seen[0].CategoryInfo.Category | Should -Be 'ConnectionError'
            $seen[0].TargetObject | Should -Be '/here'
            $seen[0].ErrorDetails.RecommendedAction | Should -BeLike '*Connect-Coord*'
            (Get-CoordSession $expiring.Id).State | Should -Be 'Expired'
            foreach ($command in { New-ZNode /x }, { Set-ZNode /here x }, { Remove-ZNode /here }, { Remove-ZNode /here -Recurse -Force }, { Test-ZNode /here },
                { Get-ZNode /here -Recurse }, { Get-ZNodeChild /here }, { Get-ZNodeAcl /here }, { Set-ZNodeAcl /here Open }, { Wait-ZNode /x }, { Watch-ZNode /x },
                { Invoke-ZNodeTransaction { Set-ZNode /here x } }) {
                $failure = & ([scriptblock]::Create("$command -Session `$expiring -ErrorAction Continue 2>&1"))
                $failure | Should -HaveCount 1 -Because $command
                $failure.FullyQualifiedErrorId | Should -BeLike 'SessionExpired,*' -Because $command
            }
            Disconnect-Coord $expiring
        }

        It 'a closed session' {
            $closed = Connect-Coord $session.ConnectionString
            Disconnect-Coord $closed
            Get-ZNode /here -Session $closed -ErrorAction SilentlyContinue -ErrorVariable failure
            $failure.FullyQualifiedErrorId | Should -Be 'SessionClosed,CoordPS.Cmdlets.GetZNodeCommand'
        }
    }
}

Describe 'Errors without a server' {
    It 'unreachable servers: one error that names each' {
        $ports = (Get-FreePort), (Get-FreePort)
        Connect-Coord "127.0.0.1:$($ports[0]),127.0.0.1:$($ports[1])" -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'ConnectionLoss,CoordPS.Cmdlets.ConnectCoordCommand'
        $failure[0].CategoryInfo.Category | Should -Be 'ConnectionError'
        "$($failure[0])" | Should -BeLike "*127.0.0.1:$($ports[0])*"
        "$($failure[0])" | Should -BeLike "*127.0.0.1:$($ports[1])*"
    }

    It 'a connection string that is none' {
        Connect-Coord 'host:port' -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'BadArguments,CoordPS.Cmdlets.ConnectCoordCommand'
    }

    It 'no session' {
        Get-CoordSession | Should -BeNullOrEmpty
        { Get-ZNode / } | Should -Throw -ErrorId 'NoSession,CoordPS.Cmdlets.GetZNodeCommand'
    }
}
