# The drive, by what PowerShell promises of providers: every cmdlet that reaches one, with its switches.

BeforeDiscovery {
    $peers = $global:CoordTestPeers
    # A system may know of IPv6 and have no address.
    $hasIPv6 = try {
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::IPv6Loopback, 0)
        $listener.Start()
        $listener.Stop()
        $true
    } catch { $false }
    # What ZooKeeper allows in a name and someone may stumble over: PowerShell, its wildcards, or this provider.
    $names = 'a[1]', '[]', 'with space', ' lead', 'trail ', 'üñí-日本', "it's", 'say "hi"', 'back\slash', '\', 'tick`t', '$var', '$(x)', '.hidden', 'dots...',
        '...', '~', '~x', 'a:b', 'a::b', 'ZK:b', '*star', 'q?m', '100%', '#h', '&', '(p)', '{c}', ';', 'a,b', '@x', '-dash', 'CON', 'x|y', '<>', 'Case', 'case'
}
BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"

    function Get-Failure([scriptblock] $Script) {
        $failure = $null
        try {
            $null = . $Script -ErrorVariable failure
        } catch {
            $failure = $_
        }
        $failure
    }
}

foreach ($peer in $peers) {
    Describe "The drive on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $location = Get-Location
            $peerName = $Name
            $session = Connect-TestPeer $_
            $root = "$($session.ConnectionString)"
            $provider = 'CoordPS\ZooKeeper'
        }
        AfterAll {
            Set-Location $location
            Disconnect-TestPeer $session
        }
        BeforeEach {
            Set-Location $location
            Get-ZNodeChild / -Session $session -Name | ForEach-Object { Remove-ZNode "/$_" -Recurse -Force -Session $session }
        }

        Context 'Drives' {
            It 'is made by Connect-Coord, of its session' {
                $drive = Get-PSDrive ZK
                $drive.Provider.ToString() | Should -Be $provider
                $drive.Root | Should -Be $root
                $null = New-ZNode /seen
                (Get-Item ZK:/seen).Session.Id | Should -Be $session.Id
            }
            It 'is left alone by the next Connect-Coord, which may make others or none' {
                $second = Connect-Coord $root -DriveName Other
                $third = Connect-Coord $root -NoDrive
                (Get-PSDrive -PSProvider ZooKeeper).Name | Sort-Object | Should -Be 'Other', 'ZK'
                Connect-Coord $root -DriveName Other -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure.FullyQualifiedErrorId | Should -Be 'DriveExists,CoordPS.Cmdlets.ConnectCoordCommand'
                Set-Location Other:/
                $second, $third | Disconnect-Coord
                (Get-PSDrive -PSProvider ZooKeeper).Name | Should -Be 'ZK'
                (Get-Location).Provider.Name | Should -Be 'FileSystem'
            }
            It 'is made by New-PSDrive, with a session of its own that is the default of none' {
                $drive = New-PSDrive Own $provider -Root $root -Timeout 20s
                $own = Get-CoordSession | Where-Object Id -NE $session.Id
                $own.Timeout.TotalSeconds | Should -Be 20
                (Get-CoordSession -Default).Id | Should -Be $session.Id
                $null = New-Item Own:/eph -ItemType Ephemeral
                '0x{0:x}' -f (Get-Item ZK:/eph).EphemeralOwner | Should -Be $own.Id
                Remove-PSDrive Own
                $own.State | Should -Be 'Closed'
                Wait-ZNode /eph -Deleted -Timeout 10s -ErrorAction Stop
                $drive.Root | Should -Be $root
            }
            It 'may be rooted at any znode' {
                $null = New-Item ZK:/deep/er -Force -Value x
                $null = New-PSDrive Deep $provider -Root "$root/deep"
                (Get-ChildItem Deep:/).Path | Should -Be '/er'
                Get-Content Deep:/er | Should -Be 'x'
                { Get-Item Deep:/../../x -ErrorAction Stop } | Should -Throw
                (Get-ChildItem ZK:/deep).PSPath | Should -Be (Get-ChildItem Deep:/).PSPath
                Remove-PSDrive Deep
            }
            It 'has credentials' {
                $credential = [pscredential]::new('user', (ConvertTo-SecureString 'secret' -AsPlainText -Force))
                $null = New-PSDrive Mine $provider -Root $root -Credential $credential
                $null = New-PSDrive Also $provider -Root $root -Digest 'user:secret'
                $null = New-Item Mine:/private -Value mine -Acl Creator
                Get-Content Also:/private | Should -Be 'mine'
                Get-Content ZK:/private -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -Be 'NoAuth,Microsoft.PowerShell.Commands.GetContentCommand'
                Get-Item ZK:/ -Credential $credential -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].ErrorDetails.RecommendedAction | Should -BeLike '*New-PSDrive -Credential*'
                Remove-Item Mine:/private
                Remove-PSDrive Mine, Also -Force
            }
            It 'that can''t connect is an error and no drive' {
                New-PSDrive Nowhere $provider -Root "127.0.0.1:$(Get-FreePort)" -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'ConnectionLoss,Microsoft.PowerShell.Commands.NewPSDriveCommand'
                New-PSDrive Nowhere $provider -Root 'host:port:more/' -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                Get-PSDrive Nowhere -ErrorAction Ignore | Should -BeNullOrEmpty
            }
            It 'goes on in a new session when its own has expired' {
                $null = New-PSDrive Own $provider -Root $root
                $own = Get-CoordSession | Where-Object Id -NE $session.Id
                $null = New-Item Own:/kept -Value x
                Stop-Session $own
                Get-Content Own:/kept -WarningVariable warning -WarningAction SilentlyContinue | Should -Be 'x'
                "$warning" | Should -BeLike "*$($own.Id)*expired*"
                Get-Content Own:/kept -WarningVariable warning | Should -Be 'x'
                $warning | Should -BeNullOrEmpty
                Remove-PSDrive Own
                @(Get-CoordSession).Count | Should -Be 1
            }
            It 'says what to do when the session of Connect-Coord has expired, and takes the next one' {
                $lent = Connect-Coord $root -DriveName Lent
                Stop-Session $lent
                Get-ChildItem Lent:/ -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -BeLike 'SessionExpired,*'
                $failure[0].ErrorDetails.RecommendedAction | Should -BeLike '*Connect-Coord*'
                $next = Connect-Coord $root -DriveName Lent
                Get-Item Lent:/ | Should -Not -BeNullOrEmpty
                Disconnect-Coord $lent
                Get-PSDrive Lent | Should -Not -BeNullOrEmpty
                Disconnect-Coord $next
                Get-PSDrive Lent -ErrorAction Ignore | Should -BeNullOrEmpty
            }
        }

        Context 'Locations' {
            BeforeEach { $null = New-Item ZK:/app/web/conf -Force -Value x }

            It 'are znodes' {
                Set-Location ZK:/app
                (Get-Location).Path | Should -Be 'ZK:/app'
                (Get-ChildItem).Name | Should -Be 'web'
                Set-Location web
                (Get-Location).Path | Should -Be 'ZK:/app/web'
                Get-Content conf | Should -Be 'x'
                Get-Content ./conf | Should -Be 'x'
                Get-Content ../web/conf | Should -Be 'x'
                Get-Content ../../app/./web/../web/conf | Should -Be 'x'
                Set-Location ..
                (Get-Location).Path | Should -Be 'ZK:/app'
                Set-Location ../..
                (Get-Location).Path | Should -Be 'ZK:/'
            }
            It 'may be written with either slash' {
                Set-Location ZK:\app\web
                (Get-Location).Path | Should -Be 'ZK:/app/web'
                Get-Content ..\web\conf | Should -Be 'x'
                (Get-Item ZK:\app\web\).Path | Should -Be '/app/web'
            }
            It 'are kept on a stack' {
                Push-Location ZK:/app
                Push-Location web
                Pop-Location
                (Get-Location).Path | Should -Be 'ZK:/app'
                Pop-Location
                (Get-Location).Provider.Name | Should -Be 'FileSystem'
            }
            It 'are each drive''s own' {
                $null = New-PSDrive Second $provider -Root $root
                Set-Location ZK:/app
                Set-Location Second:/app/web
                (Get-Location -PSDrive ZK).Path | Should -Be 'ZK:/app'
                (Get-ChildItem ZK:).Name | Should -Be 'web'
                Set-Location ZK:
                (Get-Location).Path | Should -Be 'ZK:/app'
                Remove-PSDrive Second
            }
            It 'that are missing are an error' {
                { Set-Location ZK:/nowhere -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,*'
                { Set-Location ZK:/app/../.. -ErrorAction Stop } | Should -Throw
            }
            It 'can''t be in an ephemeral, which can have no children' {
                $null = New-Item ZK:/eph -ItemType Ephemeral
                { Set-Location ZK:/eph -ErrorAction Stop } | Should -Throw
            }
            It 'take paths apart and together' {
                Join-Path ZK:/app web | Should -Be 'ZK:/app/web'
                Join-Path ZK: app | Should -Be 'ZK:/app'
                Split-Path ZK:/app/web | Should -Be 'ZK:/app'
                Split-Path ZK:/app/web -Leaf | Should -Be 'web'
                Split-Path ZK:/app/web -Qualifier | Should -Be 'ZK:'
                (Resolve-Path ZK:/a*/w*).Path | Should -Be 'ZK:/app/web'
                Convert-Path ZK:/app | Should -Be "$root/app"
                Set-Location ZK:/app
                Resolve-Path web -Relative | Should -Be './web'
                Resolve-Path ZK:/app/web/conf -Relative | Should -Be './web/conf'
            }
        }

        Context 'Get-Item and Get-ChildItem' {
            BeforeEach {
                '/t', '/t/b', '/t/b/2', '/t/b/1', '/t/a', '/t/a/x', '/t/c' | ForEach-Object { New-ZNode $_ $_ } | Out-Null
            }
            It 'emit what Get-ZNode emits' {
                $item = Get-Item ZK:/t/a
                $item | Should -BeOfType ([CoordPS.ZNode])
                $item.Value | Should -Be '/t/a'
                $item.Path | Should -Be '/t/a'
                $item.ChildCount | Should -Be 1
                $item.PSPath | Should -Be "${provider}::$root/t/a"
                $item.PSParentPath | Should -Be "${provider}::$root/t"
                $item.PSChildName | Should -Be 'a'
                $item.PSDrive | Should -Be 'ZK'
                $item.PSIsContainer | Should -BeTrue
                (Get-Item ZK:/).Path | Should -Be '/'
                (Get-Item ZK:/t -NoData).HasData | Should -BeFalse
                , (Get-Item ZK:/t -As Bytes).Value | Should -BeOfType ([byte[]])
            }
            It 'list children in the order of their names' {
                (Get-ChildItem ZK:/t).Path | Should -Be '/t/a', '/t/b', '/t/c'
                (Get-ChildItem ZK:/t/c) | Should -BeNullOrEmpty
                (Get-ChildItem ZK:/t/a, ZK:/t/b).Name | Should -Be 'x', '1', '2'
                (Get-ChildItem ZK:/t -NoData).HasData | Should -Be $false, $false, $false
                (Get-ChildItem ZK:/t | Where-Object ChildCount -GT 0).Name | Should -Be 'a', 'b'
                (Get-ChildItem ZK:/t | Where-Object DataLength -GT 1kb) | Should -BeNullOrEmpty
            }
            It 'list an ephemeral as itself' {
                $null = New-Item ZK:/t/eph -ItemType Ephemeral
                (Get-ChildItem ZK:/t/eph).Path | Should -Be '/t/eph'
                (Get-Item ZK:/t/eph).PSIsContainer | Should -BeFalse
            }
            It 'list trees' {
                (Get-ChildItem ZK:/t -Recurse).Path | Should -Be '/t/a', '/t/a/x', '/t/b', '/t/b/1', '/t/b/2', '/t/c'
                (Get-ChildItem ZK:/t -Recurse -Depth 0).Path | Should -Be '/t/a', '/t/b', '/t/c'
                (Get-ChildItem ZK:/ -Depth 1 -Filter '[abct]').Path | Should -Be '/t', '/t/a', '/t/b', '/t/c'
            }
            It 'list names' {
                Get-ChildItem ZK:/t -Name | Should -Be 'a', 'b', 'c'
                Get-ChildItem ZK:/t -Name -Recurse | Sort-Object | Should -Be 'a', 'a/x', 'b', 'b/1', 'b/2', 'c'
                Get-ChildItem ZK:/t -Name -Filter '[bc]' | Should -Be 'b', 'c'
            }
            It 'filter' {
                (Get-ChildItem ZK:/t -Filter '[ab]').Name | Should -Be 'a', 'b'
                (Get-ChildItem ZK:/t -Recurse -Filter '[1x]').Path | Should -Be '/t/a/x', '/t/b/1'
                (Get-Item ZK:/t/* -Include a, c).Name | Should -Be 'a', 'c'
                (Get-ChildItem ZK:/t -Recurse -Include 1, x).Path | Sort-Object | Should -Be '/t/a/x', '/t/b/1'
                (Get-ChildItem ZK:/t -Exclude a).Name | Should -Be 'b', 'c'
                (Get-Item ZK:/t/* -Exclude b).Name | Should -Be 'a', 'c'
            }
            It 'expand wildcards' {
                (Get-Item ZK:/t/*).Name | Should -Be 'a', 'b', 'c'
                (Get-Item ZK:/?/[ab]/*).Path | Should -Be '/t/a/x', '/t/b/1', '/t/b/2'
                (Get-Item ZK:/t/z*) | Should -BeNullOrEmpty
                Set-Location ZK:/t
                (Get-Item */1).Path | Should -Be '/t/b/1'
                (Get-ChildItem b/[2]).Path | Should -Be '/t/b/2'
            }
            It 'say what is missing' {
                Get-Item ZK:/t/nope -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand'
                Get-ChildItem ZK:/t/nope -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
            }
            It 'pipe on, to cmdlets of PowerShell and of CoordPS, and never to files' {
                (Get-ChildItem ZK:/t | Set-ZNode -Data new).Path | Should -Be '/t/a', '/t/b', '/t/c'
                Get-ChildItem ZK:/t | Get-Content | Should -Be 'new', 'new', 'new'
                (Get-ChildItem ZK:/t | Get-ZNode).Path | Should -Be '/t/a', '/t/b', '/t/c'
                (Get-ChildItem ZK:/t | Get-ZNodeChild).Path | Should -Be '/t/a/x', '/t/b/1', '/t/b/2'
                (Get-ChildItem ZK:/t | Get-Item).Path | Should -Be '/t/a', '/t/b', '/t/c'
                (Get-ChildItem ZK:/t | Get-ChildItem).Path | Should -Be '/t/a/x', '/t/b/1', '/t/b/2'
                Get-ChildItem ZK:/t | Test-Path | Should -Be $true, $true, $true
                Get-ChildItem ZK:/t/b | Remove-ZNode
                $file = "/coordps-$([guid]::NewGuid())"
                $null = New-Item "ZK:$file" -Value x
                (Get-Item "ZK:$file" | Resolve-Path).Provider.Name | Should -Be 'ZooKeeper'
                Get-ChildItem ZK:/t/b, ZK:/t/c, ZK:/t/a | Remove-Item
                (Get-ChildItem ZK:/t | Get-ChildItem) | Should -BeNullOrEmpty
            }
            It 'have paths that read and compare as strings' {
                $path = (Get-Item ZK:/t/a).Path
                $path -eq '/t/a' | Should -BeTrue
                '/t/a' -eq $path | Should -BeTrue
                $path -like '/t/*' | Should -BeTrue
                $path -in '/t/b', '/t/a' | Should -BeTrue
                "$path" | Should -BeExactly '/t/a'
                [string]$path | Should -BeExactly '/t/a'
                $path.Name, $path.Parent | Should -Be 'a', '/t'
                (Get-ChildItem ZK:/t | Sort-Object Path -Descending).Name | Should -Be 'c', 'b', 'a'
            }
        }

        Context 'Names' {
            It 'such as <_> are reached in every way' -ForEach $names {
                $name = $_
                foreach ($parent in 'ZK:/', 'ZK:/odd') {
                    $null = New-ZNode "$($parent.Substring(3).TrimEnd('/'))/$name" $name -Parents
                    $item = Get-ChildItem $parent | Where-Object Name -CEQ $name
                    $item.Name | Should -BeExactly $name
                    $item | Get-Content | Should -BeExactly $name
                    Get-Content -LiteralPath $item.PSPath | Should -BeExactly $name
                    $literal = Join-Path $parent $item.PSChildName
                    (Get-Item -LiteralPath $literal).Name | Should -BeExactly $name
                    Get-Content ([wildcardpattern]::Escape($literal)) | Should -BeExactly $name
                    (Get-Item "$($parent.TrimEnd('/'))/*" | Where-Object Name -CEQ $name).Name | Should -BeExactly $name
                    Set-Location -LiteralPath $parent
                    Get-Content -LiteralPath "./$($item.PSChildName)" | Should -BeExactly $name
                    Set-Location -LiteralPath "./$($item.PSChildName)"
                    $null = New-Item child -Value c
                    Get-Content child | Should -Be 'c'
                    (Get-ChildItem).Path | Should -BeExactly "$($item.Path)/child"
                    Set-Location ..
                    (Get-Location).Path | Should -BeExactly $parent
                    Set-Content -LiteralPath $literal changed
                    (Get-ZNode $item.Path.ToString()).Value | Should -Be 'changed'
                    Set-Location $location
                    Remove-Item -LiteralPath $literal -Recurse -Force
                    Test-Path -LiteralPath $literal | Should -BeFalse
                }
            }
            It 'are made with New-Item as they are' {
                foreach ($name in 'a[1]', 'sp ace', "it's", 'q?', '*', '日本') {
                    (New-Item ZK:/ -Name $name).Name | Should -BeExactly $name
                }
                (Get-Item 'ZK:/a`[1`]').Name | Should -Be 'a[1]'
                Get-Item 'ZK:/a[1]' | Should -BeNullOrEmpty
                Test-Path -LiteralPath 'ZK:/a[1]' | Should -BeTrue
            }
            It 'differ by case' {
                $null = New-Item ZK:/Case -Value upper
                $null = New-Item ZK:/case -Value lower
                Get-Content ZK:/Case | Should -Be 'upper'
                Get-Content ZK:/case | Should -Be 'lower'
                Test-Path ZK:/CASE | Should -BeFalse
            }
            It 'that ZooKeeper refuses are refused' {
                Test-Path "ZK:/bad$([char]1)" | Should -BeFalse
                Test-Path "ZK:/bad$([char]1)" -IsValid | Should -BeFalse
                Test-Path ZK:/good -IsValid | Should -BeTrue
                New-Item "ZK:/bad$([char]1)" -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'BadArguments,Microsoft.PowerShell.Commands.NewItemCommand'
            }
        }

        Context 'New-Item, Set-Item and Clear-Item' {
            It 'makes znodes of every mode' {
                (New-Item ZK:/plain -Value text).Mode | Should -Be 'Persistent'
                (New-Item ZK:/eph -ItemType Ephemeral).Mode | Should -Be 'Ephemeral'
                (New-Item ZK:/con -ItemType Container).Mode | Should -Be 'Container'
                (New-Item ZK:/seq- -ItemType PersistentSequential).Path | Should -Match '^/seq-\d{10}$'
                (New-Item ZK:/es- -Mode EphemeralSequential).Path | Should -Match '^/es-\d{10}$'
                (New-Item ZK:/ttl -ItemType PersistentWithTtl -TimeToLive 1h).TimeToLive | Should -Be ([timespan]'01:00')
                (New-Item ZK:/ttl2 -TimeToLive 1h).Mode | Should -Be 'Ttl'
                (New-Item ZK:/dir -ItemType Directory).Mode | Should -Be 'Persistent'
            }
            It 'refuses modes that make no sense' -ForEach @(
                @{ With = @{ ItemType = 'Symlink' } }, @{ With = @{ ItemType = 'PersistentWithTtl' } }, @{ With = @{ ItemType = 'Ephemeral'; TimeToLive = '1h' } }
                @{ With = @{ ItemType = 'Container'; Mode = 'Ephemeral' } }
            ) {
                New-Item ZK:/never @With -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'BadMode,Microsoft.PowerShell.Commands.NewItemCommand'
                Test-Path ZK:/never | Should -BeFalse
            }
            It 'sets the access control list' {
                $null = New-Item ZK:/guarded -Acl 'world:anyone:r', 'ip:127.0.0.1:cdrwa'
                "$(Get-ZNodeAcl /guarded)" | Should -Be 'world:anyone:r,ip:127.0.0.1:cdrwa'
            }
            It 'takes text, bytes, and objects as JSON' {
                (New-Item ZK:/text -Value 'héllo').DataLength | Should -Be 6
                (New-Item ZK:/bytes -Value ([byte[]](1, 255))).Data | Should -Be 1, 255
                (New-Item ZK:/utf16 -Value 'a' -Encoding unicode).Data | Should -Be 0x61, 0
                $null = New-Item ZK:/json -Value @{ a = 1 } -As Json
                (Get-Item ZK:/json -As Json).Value.a | Should -Be 1
                (New-Item ZK:/none | Get-Item).Data | Should -BeNullOrEmpty
            }
            It 'creates parents with -Force only, and says what stands in the way' {
                New-Item ZK:/p/q/r -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'NoNode,Microsoft.PowerShell.Commands.NewItemCommand'
                (New-Item ZK:/p/q/r -Force -Value x).Path | Should -Be '/p/q/r'
                New-Item ZK:/p/q/r -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'NodeExists,Microsoft.PowerShell.Commands.NewItemCommand'
                $failure[0].CategoryInfo.Category | Should -Be 'ResourceExists'
                (New-Item ZK:/p/q/r -Force).Path | Should -Be '/p/q/r'
                Get-Content ZK:/p/q/r | Should -Be 'x'
                $null = New-Item ZK:/p/q/r -Force -Value y
                Get-Content ZK:/p/q/r | Should -Be 'y'
            }
            It 'Set-Item and Clear-Item replace the data' {
                $null = New-Item ZK:/set -Value a
                (Set-Item ZK:/set b -PassThru).Version | Should -Be 1
                Set-Item ZK:/set @{ a = 1 } -As Json
                Get-Content ZK:/set | Should -Be '{"a":1}'
                Clear-Item ZK:/set
                (Get-Item ZK:/set).DataLength | Should -Be 0
            }
            It 'Invoke-Item says that there is nothing to invoke' {
                $null = New-Item ZK:/inv
                { Invoke-Item ZK:/inv -ErrorAction Stop } | Should -Throw '*nothing to run*'
            }
        }

        Context 'Content' {
            BeforeEach { $null = New-Item ZK:/c -Value "one`ntwo`r`nthree" }

            It 'is read by lines, as a whole, and in part' {
                Get-Content ZK:/c | Should -Be 'one', 'two', 'three'
                Get-Content ZK:/c -Raw | Should -BeExactly "one`ntwo`r`nthree"
                Get-Content ZK:/c -TotalCount 2 | Should -Be 'one', 'two'
                (Get-Content ZK:/c -ReadCount 2)[0] | Should -Be 'one', 'two'
                (Get-Content ZK:/c -ReadCount 0).Count | Should -Be 3
                (Get-Content ZK:/c)[0].PSPath | Should -BeLike '*/c'
                ${ZK:/c} | Should -Be 'one', 'two', 'three'
            }
            It 'is read as bytes' {
                $bytes = [byte[]](0..255)
                $null = New-Item ZK:/b -Value $bytes
                $read = Get-Content ZK:/b -AsByteStream
                $read[0] | Should -BeOfType ([byte])
                [System.Linq.Enumerable]::SequenceEqual([byte[]]$read, $bytes) | Should -BeTrue
                $raw = Get-Content ZK:/b -AsByteStream -Raw
                , $raw | Should -BeOfType ([byte[]])
                (Get-Content ZK:/b -AsByteStream -ReadCount 0).Count | Should -Be 256
                (Get-Content ZK:/b -AsByteStream -TotalCount 3) | Should -Be 0, 1, 2
            }
            It 'that is no text is an error, unless it is read as bytes or in an encoding' {
                $null = New-Item ZK:/b -Value ([byte[]](0xff, 0xfe, 0xfd))
                Get-Content ZK:/b -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'DataNotText,Microsoft.PowerShell.Commands.GetContentCommand'
                Get-Content ZK:/b -Encoding latin1 | Should -Be 'ÿþý'
            }
            It 'may be none or empty' {
                $null = New-Item ZK:/none
                $null = New-Item ZK:/empty -Value ''
                Get-Content ZK:/none, ZK:/empty | Should -BeNullOrEmpty
                Get-Content ZK:/empty -Raw | Should -BeExactly ''
            }
            It 'is written at once, when the pipeline has ended' {
                1..100 | Set-Content ZK:/c
                $item = Get-Item ZK:/c
                $item.Version | Should -Be 1
                $item.Value | Should -BeExactly (1..100 -join "`n")
                Get-Content ZK:/c | Should -Be (1..100 -as [string[]])
                Set-Content ZK:/c 'a', 'b' -NoNewline
                (Get-Item ZK:/c).Value | Should -BeExactly 'ab'
                ${ZK:/c} = 'variable'
                Get-Content ZK:/c | Should -Be 'variable'
                Set-Content ZK:/c 'é' -Encoding latin1
                (Get-Item ZK:/c).Data | Should -Be 0xe9
            }
            It 'is not written by a pipeline that fails' {
                { & { 'half'; throw 'no more' } | Set-Content ZK:/c -ErrorAction Stop } | Should -Throw 'no more'
                (Get-Item ZK:/c).Version | Should -Be 0
                { 1, 2 | ForEach-Object { $_; if ($_ -eq 2) { throw 'no more' } } | Set-Content ZK:/c } | Should -Throw 'no more'
                (Get-Item ZK:/c).Version | Should -Be 0
            }
            It 'comes back byte for byte' {
                $bytes = [byte[]](0..255) * 4
                Set-Content ZK:/b $bytes -AsByteStream
                [System.Linq.Enumerable]::SequenceEqual((Get-Item ZK:/b).Data, [byte[]]$bytes) | Should -BeTrue
                Get-Content ZK:/b -AsByteStream | Set-Content ZK:/b2 -AsByteStream
                [System.Linq.Enumerable]::SequenceEqual((Get-Item ZK:/b2).Data, [byte[]]$bytes) | Should -BeTrue
                Get-Content ZK:/b -AsByteStream -Raw | Set-Content ZK:/b3
                [System.Linq.Enumerable]::SequenceEqual((Get-Item ZK:/b3).Data, [byte[]]$bytes) | Should -BeTrue
                Get-Content ZK:/c -Raw | Set-Content ZK:/c2
                (Get-Item ZK:/c2).Value | Should -BeExactly "one`ntwo`r`nthree"
                Set-Content ZK:/b 'text' -AsByteStream -ErrorAction SilentlyContinue -ErrorVariable failure
                "$failure" | Should -BeLike '*-AsByteStream takes bytes*'
                Set-Content ZK:/c 'é' -Encoding ascii -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -Be 'DataNotConvertible,Microsoft.PowerShell.Commands.SetContentCommand'
            }
            It 'makes the znode if need be, and its parents with -Force' {
                Set-Content ZK:/new 'x'
                Get-Content ZK:/new | Should -Be 'x'
                Set-Content ZK:/no/parent 'x' -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -Be 'NoNode,Microsoft.PowerShell.Commands.SetContentCommand'
                { Set-Content ZK:/no/parent 'x' -ErrorAction Stop } | Should -Throw -ErrorId 'NoNode,*'
                Set-Content ZK:/no/parent 'x' -Force
                Get-Content ZK:/no/parent | Should -Be 'x'
            }
            It 'compares versions when told to' {
                Set-Content ZK:/c 'x' -Version 0
                { Set-Content ZK:/c 'y' -Version 0 -ErrorAction Stop } | Should -Throw -ErrorId 'BadVersion,*'
                { Add-Content ZK:/c 'y' -Version 0 -ErrorAction Stop } | Should -Throw -ErrorId 'BadVersion,*'
                Get-Content ZK:/c | Should -Be 'x'
                Add-Content ZK:/c 'y' -Version 1
                Get-Content ZK:/c | Should -Be 'x', 'y'
            }
            It 'is appended to' {
                Add-Content ZK:/c 'four'
                'five', 'six' | Add-Content ZK:/c
                Get-Content ZK:/c | Should -Be 'one', 'two', 'three', 'four', 'five', 'six'
                (Get-Item ZK:/c).Version | Should -Be 2
                Add-Content ZK:/log 'first'
                Add-Content ZK:/log 'second'
                (Get-Item ZK:/log).Value | Should -BeExactly "first`nsecond"
                Add-Content ZK:/log '!' -NoNewline
                (Get-Item ZK:/log).Value | Should -BeExactly "first`nsecond!"
                Add-Content ZK:/bin ([byte[]](1, 2)) -AsByteStream
                Add-Content ZK:/bin ([byte[]](3)) -AsByteStream
                (Get-Item ZK:/bin).Data | Should -Be 1, 2, 3
            }
            It 'is appended to by several at once, and nothing is lost' {
                1..4 | ForEach-Object -Parallel {
                    Import-Module $using:global:CoordTestModulePath
                    $null = New-PSDrive P CoordPS\ZooKeeper -Root $using:root
                    $id = $_
                    1..10 | ForEach-Object { Add-Content P:/shared "$id-$_" }
                    Remove-PSDrive P
                } -ThrottleLimit 4
                $lines = Get-Content ZK:/shared
                $lines.Count | Should -Be 40
                ($lines | Select-Object -Unique).Count | Should -Be 40
            }
            It 'is cleared' {
                Clear-Content ZK:/c
                (Get-Item ZK:/c).DataLength | Should -Be 0
                (Get-Item ZK:/c).Version | Should -Be 1
                Clear-Content ZK:/nope -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure | Should -Not -BeNullOrEmpty
            }
            It 'has no -Tail: PowerShell has it for files only' {
                Get-Content ZK:/c -Tail 1 -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
                $failure[0].FullyQualifiedErrorId | Should -Be 'TailNotSupported,Microsoft.PowerShell.Commands.GetContentCommand'
            }
        }

        Context 'Remove-Item' {
            BeforeEach { $null = New-Item ZK:/r/a/b -Force; $null = New-Item ZK:/r/c }

            It 'removes one' {
                Remove-Item ZK:/r/c
                Test-Path ZK:/r/c | Should -BeFalse
                Remove-Item ZK:/r/c -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
            }
            It 'removes a tree when told so' {
                Remove-Item ZK:/r/a -Recurse -Force
                Remove-Item ZK:/r -Recurse -Confirm:$false
                Test-Path ZK:/r | Should -BeFalse
            }
            It 'asks before it removes a tree' {
                $shell = [powershell]::Create()
                $null = $shell.AddScript('param($Module, $Root) Import-Module $Module; $null = New-PSDrive R CoordPS\ZooKeeper -Root $Root').AddArgument($global:CoordTestModulePath).AddArgument($root).Invoke()
                foreach ($line in 'Remove-Item R:/r -Recurse', 'Remove-Item R:/r') {
                    $shell.Commands.Clear()
                    # This host can't ask, which is an error and not a yes.
                    try { $null = $shell.AddScript($line).Invoke() } catch { $null = $_ }
                    Test-Path ZK:/r/a/b | Should -BeTrue
                }
                $shell.Commands.Clear()
                $null = $shell.AddScript('Remove-Item R:/r/a/b -Recurse; Remove-PSDrive R').Invoke()
                Test-Path ZK:/r/a/b | Should -BeFalse
                $shell.Dispose()
            }
            It 'does not remove where one is' {
                Set-Location ZK:/r/a
                { Remove-Item ZK:/r -Recurse -Force -ErrorAction Stop } | Should -Throw
            }
            It 'takes wildcards and literal paths' {
                $null = New-Item ZK:/r -Name '[x]'
                Remove-Item -LiteralPath 'ZK:/r/[x]'
                Remove-Item ZK:/r/a/* -Recurse -Force
                (Get-ChildItem ZK:/r/a) | Should -BeNullOrEmpty
            }
            It 'leaves what is excluded, where the drive is the location' {
                # From elsewhere PowerShell takes the root of the drive, host:port, for the name of a drive, and removes nothing.
                { Remove-Item ZK:/r/* -Recurse -Force -Exclude c -ErrorAction Stop } | Should -Throw -ErrorId 'DriveNotFound,*'
                Test-Path ZK:/r/a | Should -BeTrue
                Set-Location ZK:/
                Remove-Item ZK:/r/* -Recurse -Force -Exclude c
                (Get-ChildItem ZK:/r).Name | Should -Be 'c'
            }
        }

        Context 'Copy-Item, Move-Item and Rename-Item' {
            BeforeEach {
                $null = New-Item ZK:/from/a -Value 'A' -Force
                $null = New-Item ZK:/from/a/b -Value ([byte[]](0, 255)) -Acl 'world:anyone:cdra'
                $null = New-Item ZK:/to
            }
            It 'copies one, below what is there or as what is not' {
                Copy-Item ZK:/from/a ZK:/to
                Get-Content ZK:/to/a | Should -Be 'A'
                (Get-Item ZK:/to/a).ChildCount | Should -Be 0
                (Copy-Item ZK:/from/a ZK:/other -PassThru).Path | Should -Be '/other'
            }
            It 'copies trees with data and access control lists, without ephemerals' {
                $null = New-Item ZK:/from/a/eph -ItemType Ephemeral
                Copy-Item ZK:/from ZK:/to/copy -Recurse
                (Get-ChildItem ZK:/to/copy -Recurse).Path | Should -Be '/to/copy/a', '/to/copy/a/b'
                (Get-Item ZK:/to/copy/a/b).Data | Should -Be 0, 255
                "$(Get-ZNodeAcl /to/copy/a/b)" | Should -Be 'world:anyone:cdra'
            }
            It 'overwrites with -Force only' {
                Copy-Item ZK:/from/a ZK:/to
                Set-Content ZK:/from/a new
                Copy-Item ZK:/from/a ZK:/to -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -Be 'ZNodeDiffers,Microsoft.PowerShell.Commands.CopyItemCommand'
                Get-Content ZK:/to/a | Should -Be 'A'
                Copy-Item ZK:/from/a ZK:/to -Force
                Get-Content ZK:/to/a | Should -Be 'new'
            }
            It 'copies from drive to drive' {
                $null = New-PSDrive Two $provider -Root "$root/to"
                Copy-Item ZK:/from Two:/ -Recurse
                Get-Content ZK:/to/from/a | Should -Be 'A'
                Copy-Item Two:/from/a ZK:/back -Recurse
                (Get-Item ZK:/back/b).Data | Should -Be 0, 255
                Move-Item Two:/from ZK:/ -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -Be 'MoveBetweenDrives,Microsoft.PowerShell.Commands.MoveItemCommand'
                Remove-PSDrive Two
            }
            It 'copies no files: PowerShell copies within a provider' {
                { Copy-Item ZK:/from/a TestDrive:/ -ErrorAction Stop } | Should -Throw -ErrorId 'CopyItemSourceAndDestinationNotSameProvider,*'
            }
            It 'copies and moves nothing into itself' {
                foreach ($command in { Copy-Item ZK:/from ZK:/from/a -Recurse -ErrorAction Stop }, { Move-Item ZK:/from ZK:/from/a -ErrorAction Stop }) {
                    $command | Should -Throw '*into itself*'
                }
            }
            It 'moves trees in one transaction' {
                Move-Item ZK:/from ZK:/to
                Test-Path ZK:/from | Should -BeFalse
                (Get-ChildItem ZK:/to -Recurse).Path | Should -Be '/to/from', '/to/from/a', '/to/from/a/b'
                $items = Get-Item ZK:/to/from/a, ZK:/to/from/a/b
                $items[1].Data | Should -Be 0, 255
                $items[0].Czxid | Should -Be $items[1].Czxid
                "$(Get-ZNodeAcl /to/from/a/b)" | Should -Be 'world:anyone:cdra'
                (Move-Item ZK:/to/from ZK:/moved -PassThru).Path | Should -Be '/moved'
            }
            It 'moves its own ephemerals, and no one else''s' {
                $null = New-Item ZK:/from/mine -ItemType Ephemeral
                Move-Item ZK:/from ZK:/mine
                (Get-Item ZK:/mine/mine).Mode | Should -Be 'Ephemeral'
                $null = New-PSDrive Else $provider -Root $root
                $null = New-Item Else:/mine/theirs -ItemType Ephemeral
                Move-Item ZK:/mine ZK:/to -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -Be 'MoveOfEphemeral,Microsoft.PowerShell.Commands.MoveItemCommand'
                Test-Path ZK:/mine/mine | Should -BeTrue
                Remove-PSDrive Else
            }
            It 'refuses what does not fit a transaction, and what is in the way' {
                1..3 | ForEach-Object { New-Item "ZK:/from/big$_" -Value ('x' * 400kb) } | Out-Null
                Move-Item ZK:/from ZK:/to -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -Be 'MoveTooLarge,Microsoft.PowerShell.Commands.MoveItemCommand'
                (Get-ChildItem ZK:/to) | Should -BeNullOrEmpty
                $null = New-Item ZK:/to/a
                Move-Item ZK:/from/a ZK:/to -ErrorAction SilentlyContinue -ErrorVariable failure
                $failure[0].FullyQualifiedErrorId | Should -BeLike 'NodeExists,*'
                Test-Path ZK:/from/a/b | Should -BeTrue
            }
            It 'renames' {
                Rename-Item ZK:/from renamed
                (Get-Item ZK:/renamed/a/b).Data | Should -Be 0, 255
                Test-Path ZK:/from | Should -BeFalse
                (Get-Item ZK:/renamed | Rename-Item -NewName { $_.Name + '[1]' } -PassThru).Path | Should -Be '/renamed[1]'
            }
        }

        Context 'Test-Path' {
            It 'tells what is there' {
                $null = New-Item ZK:/x/y -Force
                $null = New-Item ZK:/eph -ItemType Ephemeral
                Test-Path ZK:/x, ZK:/x/y, ZK:/x/z, ZK:/ | Should -Be $true, $true, $false, $true
                Test-Path ZK:/x/* | Should -BeTrue
                Test-Path ZK:/x/q* | Should -BeFalse
                Test-Path ZK:/x -PathType Container | Should -BeTrue
                Test-Path ZK:/eph -PathType Leaf | Should -BeTrue
                Test-Path ZK:/x/* -Include y | Should -BeTrue
                Test-Path ZK:/x/* -Exclude y | Should -BeFalse
            }
        }

        Context '-WhatIf' {
            It 'changes nothing' {
                $null = New-Item ZK:/w/i -Force -Value x
                $before = Get-Item ZK:/w, ZK:/w/i
                New-Item ZK:/w/new -WhatIf | Should -BeNullOrEmpty
                Set-Item ZK:/w/i y -WhatIf
                Clear-Item ZK:/w/i -WhatIf
                Set-Content ZK:/w/i y -WhatIf
                Add-Content ZK:/w/i y -WhatIf
                Clear-Content ZK:/w/i -WhatIf
                Remove-Item ZK:/w/i -WhatIf
                Remove-Item ZK:/w -Recurse -WhatIf
                Copy-Item ZK:/w ZK:/copy -Recurse -WhatIf
                Move-Item ZK:/w ZK:/moved -WhatIf
                Rename-Item ZK:/w moved -WhatIf
                New-PSDrive What $provider -Root $root -WhatIf | Should -BeNullOrEmpty
                $after = Get-Item ZK:/w, ZK:/w/i
                $after.Mzxid | Should -Be $before.Mzxid
                $after.Pzxid | Should -Be $before.Pzxid
                (Get-ChildItem ZK:/ -Name | Where-Object { $_ -ne 'zookeeper' }) | Should -Be 'w'
            }
        }

        Context 'Completion and views' {
            It 'completes paths of the drive' {
                $null = New-Item ZK:/apps/web-1 -Force
                $null = New-Item ZK:/apps/web-2
                $null = New-Item ZK:/apps -Name 'with space'
                function Complete([string] $Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }
                Complete 'Get-Item ZK:/app' | Should -Be 'ZK:/apps'
                Complete 'Get-Content ZK:/apps/web' | Should -Be 'ZK:/apps/web-1', 'ZK:/apps/web-2'
                Complete 'Get-Content ZK:/apps/wi' | Should -Be "& 'ZK:/apps/with space'".Substring(2)
                Set-Location ZK:/apps
                Complete 'Get-Content web-' | Should -Be './web-1', './web-2'
                Complete 'New-Item x -Mode Eph' | Should -Be 'Ephemeral', 'EphemeralSequential'
            }
            It 'shows children under their parent' {
                $null = New-Item ZK:/v/one -Force -Value text
                Get-ChildItem ZK:/v | Out-String -Width 120 | Should -Match 'Parent: ZK:/v\s+Mode\s+Version\s+Children\s+Length\s+Modified\s+Name\s+Value[-\s]+Persistent\s+0\s+0\s+4\s+\S+\s+one\s+text'
            }
        }

        Context 'At scale' {
            It 'lists, filters, stops and removes 5,000 children' {
                0..4999 | ForEach-Object { '/many/n{0:d4}' -f $_ } | New-ZNode -Data x -Parents | Out-Null
                (Get-ChildItem ZK:/many).Count | Should -Be 5000
                (Get-ChildItem ZK:/many -Filter 'n000?').Count | Should -Be 10
                Measure-Time { Get-ChildItem ZK:/many | Select-Object -First 3 } | Should -BeLessThan 2
                Copy-Item ZK:/many ZK:/many2 -Recurse
                (Get-ZNode /many2).ChildCount | Should -Be 5000
                Remove-Item ZK:/many, ZK:/many2 -Recurse -Force
                Test-Path ZK:/many, ZK:/many2 | Should -Be $false, $false
            }
            It 'stops <Line> at once on Ctrl+C' -ForEach @(
                @{ Line = 'Get-ChildItem -Recurse' ; Script = { while ($true) { Get-ChildItem S:/many -Recurse } } }
                @{ Line = 'Get-Content and Set-Content'; Script = { while ($true) { Get-ChildItem S:/many | Get-Content | Set-Content S:/out; 1 } } }
                @{ Line = 'Copy-Item'; Script = { $i = 0; while ($true) { Copy-Item S:/many "S:/copy$($i++)" -Recurse; 1 } } }
                @{ Line = 'Resolve-Path'; Script = { while ($true) { Resolve-Path S:/many/*; 1 } } }
            ) {
                0..499 | ForEach-Object { '/many/n{0:d4}' -f $_ } | New-ZNode -Data x -Parents | Out-Null
                $run = Start-Background ([scriptblock]::Create("`$null = New-PSDrive S CoordPS\ZooKeeper -Root `$Session`n$Script")) $root
                Wait-Until { $run.Output.Count -gt 0 }
                Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
                $run.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
                $run.Shell.Commands.Clear()
                $null = $run.Shell.AddScript('Remove-PSDrive S -Force').Invoke()
                $run.Shell.Dispose()
            }
        }
    }
}

Describe 'The drive without an answer' {
    BeforeAll {
        # Accepts connections and says nothing.
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $listener.Start()
    }
    AfterAll { $listener.Stop() }

    It 'stops connecting at once on Ctrl+C' {
        $run = Start-Background { 'started'; New-PSDrive X CoordPS\ZooKeeper -Root $Session -ConnectTimeout 60s } "127.0.0.1:$($listener.LocalEndpoint.Port)"
        Wait-Until { $run.Output.Count -gt 0 -and $listener.Pending() }
        Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
        $run.Shell.Dispose()
    }

    It 'stops waiting for a server that has gone' {
        $ensemble = Start-CoordEnsemble gone
        $run = Start-Background { $null = New-PSDrive X CoordPS\ZooKeeper -Root $Session; $i = 0; while ($true) { $i++; try { Test-Path X:/; Get-Content X:/; 'x' | Set-Content X:/x } catch { $i++ } } } $ensemble.ConnectionString
        Wait-Until { $run.Output.Count -gt 5 }
        Stop-CoordEnsemble gone
        Start-Sleep -Milliseconds 300
        Measure-Time { $run.Shell.Stop() } | Should -BeLessThan 1
        $run.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $run.Shell.Dispose()
    }

    It 'has an address of IPv6 for its root' -Skip:(-not $hasIPv6) {
        $session = Start-CoordEnsemble six -Address '::1' | Connect-Coord -DriveName Six
        Set-Content Six:/x y
        Get-Item Six:/x | Get-Content | Should -Be 'y'
        Get-Content -LiteralPath (Get-Item Six:/x).PSPath | Should -Be 'y'
        Push-Location Six:/
        Get-Content x | Should -Be 'y'
        Pop-Location
        Disconnect-Coord $session
        Stop-CoordEnsemble six
    }

    It 'goes on when the server is back' {
        $server = @{ Name = 'back'; Port = Get-FreePort; DataPath = 'TestDrive:/back' }
        $session = Start-CoordEnsemble @server | Connect-Coord -DriveName Back -Timeout 60s
        Set-Content Back:/x y
        Set-Location Back:/
        Stop-CoordEnsemble back
        $null = Start-CoordEnsemble @server
        Get-Content x | Should -Be 'y'
        (Get-ChildItem).Name | Should -Be 'x', 'zookeeper'
        (Get-Item x).Session.Id | Should -Be $session.Id
        Disconnect-Coord $session
        Stop-CoordEnsemble back
    }
}

Describe 'The provider' {
    It 'goes with the module, and its drives with it' {
        $text = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command @"
            Import-Module '$global:CoordTestModulePath'
            (Get-PSProvider ZooKeeper).ModuleName
            `$ensemble = Start-CoordEnsemble
            `$session = `$ensemble | Connect-Coord
            `$null = New-PSDrive Own CoordPS\ZooKeeper -Root `$ensemble.ConnectionString
            Set-Location ZK:/
            # PowerShell keeps a module whose drive is the location.
            try { Remove-Module CoordPS } catch { "`$(`$session.State)" }
            Set-Location /
            Remove-Module CoordPS
            "`$(`$session.State) `$(@(Get-PSDrive Own, ZK -ErrorAction Ignore).Count) `$(@(Get-PSProvider ZooKeeper -ErrorAction Ignore).Count)"
            Import-Module '$global:CoordTestModulePath'
            `$null = Start-CoordEnsemble | Connect-Coord
            Set-Content ZK:/again x
            Get-Content ZK:/again
"@ 2>&1
        "$text" | Should -Be 'CoordPS Connected Closed 0 0 x'
    }
}
