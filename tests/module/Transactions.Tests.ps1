BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Transactions on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            '/a', '/b', '/c' | New-ZNode -Data old | Out-Null
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'carry out what a script block collects' {
            $results = Invoke-ZNodeTransaction {
                New-ZNode /new-1 x
                foreach ($i in 1..2) { New-ZNode /s- $i -Sequential }
                Set-ZNode /a new -Version 0
                Test-ZNode /b -Version 0
                Remove-ZNode /c
            }
            $results.Index | Should -Be 1, 2, 3, 4, 5, 6
            $results.Kind | Should -Be Create, Create, Create, Set, Test, Remove
            $results[1].Path | Should -Match '^/s-\d{10}$'
            $results[3].Version | Should -Be 1
            (Get-ZNode /a).Value | Should -Be 'new'
            Test-ZNode /c | Should -BeFalse
        }

        It 'carry out operations from the pipeline' {
            $operations = (New-ZNode /piped x -AsOperation), (Set-ZNode /piped y -AsOperation), (Test-ZNode /a -AsOperation)
            $operations[0] | Should -BeOfType ([CoordPS.ZNodeOperation])
            Test-ZNode /piped | Should -BeFalse
            ($operations | Invoke-ZNodeTransaction).Kind | Should -Be Create, Set, Test
            (Get-ZNode /piped).Value | Should -Be 'y'
        }

        It 'do all or nothing, and name the operation that failed' {
            Invoke-ZNodeTransaction { New-ZNode /half; Set-ZNode /a never; Test-ZNode /b -Version 9; Remove-ZNode /b } -ErrorAction SilentlyContinue -ErrorVariable failure |
                Should -BeNullOrEmpty
            $failure.Count | Should -Be 1
            $failure[0].FullyQualifiedErrorId | Should -Be 'BadVersion,CoordPS.Cmdlets.InvokeZNodeTransactionCommand'
            $failure[0].TargetObject | Should -Be '/b'
            "$($failure[0])" | Should -BeLike 'Operation 3 of 4 (Test /b) failed*'
            Test-ZNode /half | Should -BeFalse
            (Get-ZNode /a).Value | Should -Be 'new'
        }

        It 'are given up when the script block fails' {
            { Invoke-ZNodeTransaction { New-ZNode /half; New-ZNode no-path; Set-ZNode /a never } } | Should -Throw
            { Invoke-ZNodeTransaction { New-ZNode /half; throw 'changed my mind' } } | Should -Throw '*changed my mind*'
            Test-ZNode /half | Should -BeFalse
            (New-ZNode /afterwards).Path | Should -Be '/afterwards'
        }

        It 'read as ever' {
            Invoke-ZNodeTransaction { Set-ZNode /b "$((Get-ZNode /a).Value)+" } | Out-Null
            (Get-ZNode /b).Value | Should -Be 'new+'
        }

        It 'remove trees' {
            '/t', '/t/1', '/t/1/2', '/t/3' | New-ZNode | Out-Null
            (Invoke-ZNodeTransaction { Remove-ZNode /t -Recurse }).Path | Should -Be '/t/3', '/t/1/2', '/t/1', '/t'
            Test-ZNode /t | Should -BeFalse
        }

        It 'of nothing do nothing' {
            Invoke-ZNodeTransaction { } | Should -BeNullOrEmpty
        }

        It 'do not nest, and refuse what has to read' {
            { Invoke-ZNodeTransaction { Invoke-ZNodeTransaction { New-ZNode /x } } } | Should -Throw -ErrorId 'NestedTransaction*'
            { Invoke-ZNodeTransaction { New-ZNode /x/y -Parents } } | Should -Throw -ErrorId 'NotInTransaction*'
            { Invoke-ZNodeTransaction { Set-ZNode /x 1 -Create } } | Should -Throw -ErrorId 'NotInTransaction*'
        }
    }
}
