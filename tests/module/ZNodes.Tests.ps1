BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Znodes on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll { $session = Connect-TestPeer $_ }
        AfterAll { Disconnect-TestPeer $session }

        Context 'New-ZNode' {
            It 'creates a znode with text and emits it' {
                $node = New-ZNode /new 'héllo'
                $node | Should -BeOfType ([CoordPS.ZNode])
                $node.Path | Should -Be '/new'
                $node.Value | Should -BeExactly 'héllo'
                $node.Mode | Should -Be 'Persistent'
                $node.Version | Should -Be 0
                $node.DataLength | Should -Be 6
                $node.Created | Should -BeGreaterThan ([datetimeoffset]::Now.AddMinutes(-5))
            }
            It 'creates missing parents' {
                (New-ZNode /parents/of/this x -Parents).Path | Should -Be '/parents/of/this'
                (Get-ZNode /parents).ChildCount | Should -Be 1
            }
            It 'numbers sequential znodes' {
                $null = New-ZNode /seq
                $paths = (1..3 | ForEach-Object { New-ZNode /seq/item- -Sequential }).Path
                $paths | Should -Be '/seq/item-0000000000', '/seq/item-0000000001', '/seq/item-0000000002'
            }
            It 'makes ephemerals that go with their session' {
                $other = Connect-Coord $session.ConnectionString
                $node = New-ZNode /eph -Ephemeral -Session $other
                $node.Mode | Should -Be 'Ephemeral'
                '0x{0:x}' -f $node.EphemeralOwner | Should -Be $other.Id
                Disconnect-Coord $other
                Wait-ZNode /eph -Deleted -Timeout 10s -ErrorAction Stop
            }
            It 'makes containers' {
                (New-ZNode /container -Container).Mode | Should -Be 'Container'
            }
            It 'makes znodes with a time to live' {
                $node = New-ZNode /ttl -TimeToLive 1h
                $node.Mode | Should -Be 'Ttl'
                $node.TimeToLive | Should -Be ([timespan]'01:00')
            }
            It 'takes the modes by name' {
                (New-ZNode /seq/m- -Mode PersistentSequential).Path | Should -BeLike '/seq/m-0*'
                (New-ZNode /mode-ttl -Mode PersistentWithTtl -TimeToLive 5m).Mode | Should -Be 'Ttl'
            }
            It 'refuses modes that exclude each other' {
                { New-ZNode /never -Ephemeral -Container } | Should -Throw -ErrorId 'BadMode,CoordPS.Cmdlets.NewZNodeCommand'
                { New-ZNode /never -Mode PersistentWithTtl } | Should -Throw -ErrorId 'BadMode,CoordPS.Cmdlets.NewZNodeCommand'
            }
            It 'sets the access control list' {
                $null = New-ZNode /guarded -Acl 'world:anyone:r', 'ip:127.0.0.1:cdrwa'
                (Get-ZNodeAcl /guarded).Acl | ForEach-Object ToString | Should -Be 'world:anyone:r', 'ip:127.0.0.1:cdrwa'
            }
            It 'keeps no data and empty data apart from text' {
                (New-ZNode /none | Get-ZNode).Value | Should -BeNullOrEmpty
                (New-ZNode /empty '' | Get-ZNode).Value | Should -BeExactly ''
            }
        }

        Context 'Data' {
            It 'comes back byte for byte' {
                $bytes = [byte[]](0..255)
                $null = New-ZNode /bytes $bytes
                $null = Get-ZNode /bytes | New-ZNode /bytes-copy
                $null = Get-ZNode /bytes | Set-ZNode /none
                foreach ($path in '/bytes', '/bytes-copy', '/none') {
                    [System.Linq.Enumerable]::SequenceEqual((Get-ZNode $path).Data, $bytes) | Should -BeTrue
                }
            }
            It 'is bytes where it is not text, and whatever -As says' {
                , (Get-ZNode /bytes).Value | Should -BeOfType ([byte[]])
                , (Get-ZNode /new -As Bytes).Value | Should -BeOfType ([byte[]])
                (Get-ZNode /bytes -As Text).Value | Should -BeOfType ([string])
            }
            It 'is objects as JSON' {
                $null = New-ZNode /json @{ name = 'a'; list = 1, 2; nested = @{ deep = @{ er = $true } } } -As Json
                $value = (Get-ZNode /json -As Json).Value
                $value.name | Should -Be 'a'
                $value.list | Should -Be 1, 2
                $value.nested.deep.er | Should -BeTrue
                (Set-ZNode /json @(1) -As Json).Preview | Should -Be '[1]'
            }
            It 'that is no JSON gives an error' {
                Get-ZNode /new -As Json -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure.FullyQualifiedErrorId | Should -Be 'DataNotJson,CoordPS.Cmdlets.GetZNodeCommand'
            }
            It 'is in the encoding asked for' {
                (New-ZNode /utf16 'aé' -Encoding unicode).Data | Should -Be 0x61, 0, 0xe9, 0
                (Get-ZNode /utf16 -Encoding unicode).Value | Should -BeExactly 'aé'
            }
            It 'that an encoding lacks is refused, not mangled' {
                New-ZNode /lossy 'é' -Encoding ascii -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure.FullyQualifiedErrorId | Should -Be 'DataNotConvertible,CoordPS.Cmdlets.NewZNodeCommand'
                Test-ZNode /lossy | Should -BeFalse
            }
            It 'of an object needs a format' {
                Set-ZNode /new @{ a = 1 } -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure.FullyQualifiedErrorId | Should -Be 'DataNotConvertible,CoordPS.Cmdlets.SetZNodeCommand'
            }
            It 'that was not read is not stored' {
                Get-ZNode /new -NoData | Set-ZNode /empty -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure.FullyQualifiedErrorId | Should -Be 'DataNotRead,CoordPS.Cmdlets.SetZNodeCommand'
            }
        }

        Context 'Get-ZNode and Get-ZNodeChild' {
            BeforeAll {
                '/tree', '/tree/b', '/tree/b/2', '/tree/b/1', '/tree/a', '/tree/a/x', '/tree/c' | ForEach-Object { New-ZNode $_ $_ } | Out-Null
            }
            It 'reads a tree in the order of its paths' {
                (Get-ZNode /tree -Recurse).Path | Should -Be '/tree', '/tree/a', '/tree/a/x', '/tree/b', '/tree/b/1', '/tree/b/2', '/tree/c'
                (Get-ZNode /tree -Recurse).Value | Should -Be (Get-ZNode /tree -Recurse).Path
            }
            It 'reads to a depth' {
                (Get-ZNode /tree -Depth 1).Path | Should -Be '/tree', '/tree/a', '/tree/b', '/tree/c'
                (Get-ZNode /tree -Depth 0).Path | Should -Be '/tree'
            }
            It 'filters by name' {
                (Get-ZNode /tree -Recurse -Filter '[1x]').Path | Should -Be '/tree/a/x', '/tree/b/1'
            }
            It 'leaves the data out' {
                $node = Get-ZNode /tree -NoData
                $node.HasData | Should -BeFalse
                $node.Data | Should -BeNullOrEmpty
                $node.DataLength | Should -Be 5
            }
            It 'lists children' {
                (Get-ZNodeChild /tree).Path | Should -Be '/tree/a', '/tree/b', '/tree/c'
                Get-ZNodeChild /tree -Name | Should -Be 'a', 'b', 'c'
                Get-ZNodeChild /tree '[ab]' -Name | Should -Be 'a', 'b'
                (Get-ZNodeChild /tree | Get-ZNodeChild).Path | Should -Be '/tree/a/x', '/tree/b/1', '/tree/b/2'
            }
            It 'takes several paths, from the command line and the pipeline' {
                (Get-ZNode /tree/c, /tree/a).Name | Should -Be 'c', 'a'
                ('/tree/c', '/tree/a' | Get-ZNode).Name | Should -Be 'c', 'a'
                ([pscustomobject]@{ Path = '/tree/a' } | Get-ZNode).Name | Should -Be 'a'
            }
        }

        Context 'Set-ZNode' {
            It 'sets and emits the new version' {
                (Set-ZNode /new again).Version | Should -BeGreaterThan 0
                (Get-ZNode /new).Value | Should -Be 'again'
            }
            It 'compares versions' {
                $version = (Get-ZNode /new).Version
                (Set-ZNode /new right -Version $version).Version | Should -Be ($version + 1)
                Set-ZNode /new wrong -Version $version -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure.FullyQualifiedErrorId | Should -Be 'BadVersion,CoordPS.Cmdlets.SetZNodeCommand'
                (Get-ZNode /new).Value | Should -Be 'right'
            }
            It 'overwrites what is piped, and with -IfUnchanged only what is unchanged' {
                $node = Get-ZNode /new
                ($node | Set-ZNode -Data one -IfUnchanged).Value | Should -Be 'one'
                $node | Set-ZNode -Data two -IfUnchanged -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure.FullyQualifiedErrorId | Should -Be 'BadVersion,CoordPS.Cmdlets.SetZNodeCommand'
                ($node | Set-ZNode -Data three).Value | Should -Be 'three'
            }
            It 'creates what is missing when told to' {
                (Set-ZNode /upsert a -Create).Version | Should -Be 0
                (Set-ZNode /upsert b -Create).Version | Should -Be 1
            }
        }

        Context 'Test-ZNode' {
            It 'tells whether a znode exists, and has a version' {
                Test-ZNode /new, /nowhere | Should -Be $true, $false
                Test-ZNode /upsert -Version 1 | Should -BeTrue
                Test-ZNode /upsert -Version 7 | Should -BeFalse
            }
        }

        Context 'Remove-ZNode' {
            It 'removes a znode' {
                $null = New-ZNode /gone
                Remove-ZNode /gone | Should -BeNullOrEmpty
                Test-ZNode /gone | Should -BeFalse
            }
            It 'compares versions' {
                $null = New-ZNode /kept | Set-ZNode -Data 1
                Remove-ZNode /kept -Version 0 -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure.FullyQualifiedErrorId | Should -Be 'BadVersion,CoordPS.Cmdlets.RemoveZNodeCommand'
                Remove-ZNode /kept -Version 1
                Test-ZNode /kept | Should -BeFalse
            }
            It 'removes a tree, children first, without asking when told so' {
                Remove-ZNode /tree -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure.FullyQualifiedErrorId | Should -Be 'NotEmpty,CoordPS.Cmdlets.RemoveZNodeCommand'
                Remove-ZNode /tree -Recurse -Confirm:$false
                Test-ZNode /tree | Should -BeFalse
            }
            It 'asks before it removes a tree' {
                $null = New-ZNode /asked/child -Parents
                # This host can't ask, which is an error and not a yes.
                $shell = [powershell]::Create()
                $null = $shell.AddScript('param($Module, $Session) Import-Module $Module; Remove-ZNode /asked -Recurse -Session $Session').AddArgument($global:CoordTestModulePath).AddArgument($session)
                try { $null = $shell.Invoke() } catch { $null = $_ }
                $shell.Dispose()
                Test-ZNode /asked/child | Should -BeTrue
                Remove-ZNode /asked -Recurse -Force
                Test-ZNode /asked | Should -BeFalse
            }
        }

        Context '-WhatIf' {
            It 'changes nothing' {
                $null = New-ZNode /what/if -Parents
                $before = Get-ZNode /what -Recurse
                New-ZNode /what/new -WhatIf | Should -BeNullOrEmpty
                Set-ZNode /what x -WhatIf | Should -BeNullOrEmpty
                Remove-ZNode /what/if -WhatIf
                Remove-ZNode /what -Recurse -WhatIf
                Set-ZNodeAcl /what world:anyone:r -WhatIf | Should -BeNullOrEmpty
                Invoke-ZNodeTransaction { Remove-ZNode /what/if } -WhatIf | Should -BeNullOrEmpty
                $after = Get-ZNode /what -Recurse
                $after.Path | Should -Be $before.Path
                $after.Mzxid | Should -Be $before.Mzxid
                $after.AclVersion | Should -Be 0, 0
            }
        }

        Context 'Access control lists' {
            It 'are read and replaced' {
                $null = New-ZNode /acl
                $acl = Get-ZNodeAcl /acl
                $acl.AclVersion | Should -Be 0
                "$acl" | Should -Be 'world:anyone:cdrwa'
                (Set-ZNodeAcl /acl 'world:anyone:ra' -Version 0).AclVersion | Should -Be 1
                "$(Get-ZNodeAcl /acl)" | Should -Be 'world:anyone:ra'
                Set-ZNodeAcl /acl Open -Version 0 -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure.FullyQualifiedErrorId | Should -Be 'BadVersion,CoordPS.Cmdlets.SetZNodeAclCommand'
            }
            It 'are copied through the pipeline' {
                $null = New-ZNode /acl-copy
                $null = Get-ZNodeAcl /acl | Set-ZNodeAcl /acl-copy
                "$(Get-ZNodeAcl /acl-copy)" | Should -Be 'world:anyone:ra'
            }
            It 'keep others out' {
                $owner = Connect-Coord $session.ConnectionString -Digest 'user:secret'
                $null = New-ZNode /private 'mine' -Acl Creator -Session $owner
                (Get-ZNodeAcl /private -Session $owner).Acl[0].Id.Id | Should -BeLike 'user:*'
                Get-ZNode /private -Session $session -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure.FullyQualifiedErrorId | Should -Be 'NoAuth,CoordPS.Cmdlets.GetZNodeCommand'
                $failure.CategoryInfo.Category | Should -Be 'PermissionDenied'
                $credential = [pscredential]::new('user', (ConvertTo-SecureString 'secret' -AsPlainText -Force))
                $again = Connect-Coord $session.ConnectionString -Credential $credential
                (Get-ZNode /private).Value | Should -Be 'mine'
                Remove-ZNode /private
                $owner, $again | Disconnect-Coord
            }
            It 'that are malformed are refused' {
                { New-ZNode /x -Acl 'world:anyone:xyz' } | Should -Throw '*cdrwa*'
            }
        }
    }
}
