BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Watches on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            function Start-Watch([scriptblock] $Script, $With = $session) {
                $watch = Start-Background $Script $With
                Wait-Until { $watch.Shell.Streams.Verbose.Message -like 'Watching*' }
                $watch
            }
        }
        AfterAll { Disconnect-TestPeer $session }

        It 'stream changes as they come, of a znode that need not exist' {
            $watch = Start-Watch { Watch-ZNode /w -Session $Session -Verbose }
            $null = New-ZNode /w 1
            Wait-Until { $watch.Output.Count -eq 1 }
            $null = Set-ZNode /w 2
            $null = New-ZNode /w/child
            Wait-Until { $watch.Output.Count -eq 3 }
            Remove-ZNode /w -Recurse -Force
            Wait-Until { $watch.Output.Count -eq 5 }
            $watch.Shell.Stop()
            $watch.Output.Type | Should -Be Created, DataChanged, ChildrenChanged, ChildrenChanged, Deleted
            $watch.Output.Path | Select-Object -Unique | Should -Be '/w'
            $watch.Shell.Dispose()
        }

        It 'end after -Count, with the data when asked' {
            $watch = Start-Watch { Watch-ZNode / -Recurse -Count 2 -WithData -Session $Session -Verbose }
            $null = New-ZNode /counted/deep one -Parents
            $watch.Shell.EndInvoke($watch.Async)
            $watch.Output.Path | Should -Be '/counted', '/counted/deep'
            $watch.Output[1].Value | Should -Be 'one'
            $watch.Output[1].ZNode.Version | Should -Be 0
            $watch.Shell.Dispose()
        }

        It 'end after -Timeout, without an error' {
            $took = Measure-Command { Watch-ZNode / -Timeout 300ms -ErrorVariable failure | Should -BeNullOrEmpty }
            $took.TotalSeconds | Should -BeGreaterThan 0.25
            $took.TotalSeconds | Should -BeLessThan 30
            $failure | Should -BeNullOrEmpty
        }

        It 'emit only the kinds asked for' {
            $watch = Start-Watch { Watch-ZNode /kinds -EventType Deleted -Count 1 -Session $Session -Verbose }
            $null = New-ZNode /kinds
            $null = Set-ZNode /kinds x
            Remove-ZNode /kinds
            $watch.Shell.EndInvoke($watch.Async)
            $watch.Output.Type | Should -Be Deleted
            $watch.Shell.Dispose()
        }

        It 'feed the next cmdlet at once' {
            $null = New-ZNode /fed
            $watch = Start-Watch { Watch-ZNode /fed -Session $Session -Verbose | Get-ZNode }
            foreach ($i in 1..3) { $null = Set-ZNode /fed "$i" }
            Wait-Until { $watch.Output.Count -eq 3 }
            $watch.Shell.Stop()
            $watch.Output[2].Value | Should -Be '3'
            $watch.Shell.Dispose()
        }

        It 'end with an error when the session expires' {
            $expiring = Connect-Coord $session.ConnectionString
            $watch = Start-Watch { Watch-ZNode / -Session $Session -Verbose } $expiring
            Stop-Session $expiring
            $watch.Shell.EndInvoke($watch.Async)
            $watch.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -Be 'SessionExpired,CoordPS.Cmdlets.WatchZNodeCommand'
            # It may have had another for a moment.
            $watch.Shell.Streams.Warning[0].Message | Should -BeLike '*lost its connection*'
            Disconnect-Coord $expiring
            $watch.Shell.Dispose()
        }

        It 'stop at once on Ctrl+C' {
            $watch = Start-Watch { Watch-ZNode / -Recurse -Session $Session -Verbose }
            Measure-Time { $watch.Shell.Stop() } | Should -BeLessThan 2
            $watch.Shell.Dispose()
        }
    }

    Describe "Wait-ZNode on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll { $session = Connect-TestPeer $_ }
        AfterAll { Disconnect-TestPeer $session }

        It 'returns at once what is so already' {
            $null = New-ZNode /there yes
            (Wait-ZNode /there).Value | Should -Be 'yes'
            (Wait-ZNode /there -Value yes).Value | Should -Be 'yes'
            Wait-ZNode /not-there -Deleted | Should -BeNullOrEmpty
        }

        It 'waits until a znode exists, has a value, changes, is gone' {
            $waits = @(
                Start-Background { Wait-ZNode /late -Session $Session -Timeout 30s -Verbose } $session
                Start-Background { Wait-ZNode /late -Value c -Session $Session -Timeout 30s -Verbose } $session
                Start-Background { Wait-ZNode /there -Changed -Session $Session -Timeout 30s -Verbose } $session
                Start-Background { Wait-ZNode /there -Deleted -Session $Session -Timeout 30s -Verbose; 'gone' } $session
            )
            Wait-Until { -not ($waits | Where-Object { -not ($_.Shell.Streams.Verbose.Message -like 'Waiting*') }) }
            $null = New-ZNode /late a
            $null = Set-ZNode /late b
            $null = Set-ZNode /late c
            $waits[0].Shell.EndInvoke($waits[0].Async)
            $waits[1].Shell.EndInvoke($waits[1].Async)
            $waits[0].Output[0].Path | Should -Be '/late'
            $waits[1].Output[0].Value | Should -Be 'c'
            $null = Set-ZNode /there changed
            $waits[2].Shell.EndInvoke($waits[2].Async)
            $waits[2].Output[0].Path | Should -Be '/there'
            Remove-ZNode /there
            $waits[3].Shell.EndInvoke($waits[3].Async)
            $waits[3].Output[0] | Should -Be 'gone'
            $waits | ForEach-Object { $_.Shell.Streams.Error | Should -BeNullOrEmpty; $_.Shell.Dispose() }
        }

        It 'notices what changed since a znode was read' {
            $node = New-ZNode /read 1
            $null = Set-ZNode /read 2
            ($node | Wait-ZNode -Changed -Timeout 5s).Value | Should -Be '2'
        }

        It 'gives up after -Timeout with an error' {
            Wait-ZNode /never -Timeout 200ms -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
            $failure.FullyQualifiedErrorId | Should -Be 'OperationTimeout,CoordPS.Cmdlets.WaitZNodeCommand'
            $failure.CategoryInfo.Category | Should -Be 'OperationTimeout'
            $failure.TargetObject | Should -Be '/never'
        }

        It 'stops at once on Ctrl+C' {
            $wait = Start-Background { Wait-ZNode /never -Session $Session -Verbose } $session
            Wait-Until { $wait.Shell.Streams.Verbose.Message -like 'Waiting*' }
            Measure-Time { $wait.Shell.Stop() } | Should -BeLessThan 2
            $wait.Shell.Dispose()
        }
    }
}
