BeforeDiscovery { $peers = $global:CoordTestPeers }
BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

foreach ($peer in $peers) {
    Describe "Trees on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip) {
        BeforeAll {
            $session = Connect-TestPeer $_
            # Names with brackets, spaces, quotes, other scripts, and what file systems have trouble with.
            $names = 'plain', 'Plain', 'with space', '[brackets]', "quo'te", 'quo"te', 'back\slash', '100%', '%value', 'CON', 'nul.txt', '.hidden', 'dot.', '日本語', ('n' * 300), 'a:b*c?'
            $data = $null, '', 'text', "lines`nof`ntext`n", "ends`r`n`n", ([byte[]](0..255)), 'null', '~', "  indented`n", '- path: "/x"', "emoji 😀 `t tab", ([byte[]](0xc3, 0x28))
            $null = New-ZNode /tree root
            $i = 0
            foreach ($name in $names) {
                $acl = if ($i % 3) { 'world:anyone:cdrwa' } else { 'world:anyone:cdra', 'ip:127.0.0.1:cdrwa' }
                $null = New-ZNode "/tree/$name" $data[$i++ % $data.Count] -Acl $acl
                foreach ($below in $names) { $null = New-ZNode "/tree/$name/$below" $data[$i++ % $data.Count] }
            }
            $null = New-ZNode /tree/ephemeral x -Ephemeral
            $count = 1 + $names.Count + $names.Count * $names.Count
            $folder = (New-Item -ItemType Directory "$TestDrive/$([guid]::NewGuid())").FullName
        }
        AfterAll { Disconnect-TestPeer $session }

        Context 'Export-ZNode and Import-ZNode' {
            It 'bring a tree back as it was, by a <Kind>' -ForEach @(
                @{ Kind = 'JSON file'; File = 'tree.json' }
                @{ Kind = 'YAML file'; File = 'tree.yaml' }
                @{ Kind = 'directory'; File = 'tree' }
            ) {
                $exported = Export-ZNode /tree "$folder/$File"
                $exported.Created | Should -Be $count
                $exported.Failed | Should -Be 0
                Compare-ZNode /tree -FilePath "$folder/$File" | Should -BeNullOrEmpty
                $imported = Import-ZNode "$folder/$File" /imported
                $imported.Created | Should -Be $count
                Compare-ZNode /tree /imported | Should -BeNullOrEmpty
                Compare-ZNode /imported -FilePath "$folder/$File" -Quiet | Should -BeTrue
                # Again: there is nothing left to do.
                (Import-ZNode "$folder/$File" /imported).Unchanged | Should -Be $count
                Remove-ZNode /imported -Recurse -Force
            }
            It 'import to where it came from, unless told otherwise' {
                $null = New-ZNode /home, /home/a x
                $null = Export-ZNode /home "$folder/home.yaml"
                Remove-ZNode /home -Recurse -Force
                Get-Item "$folder/home.yaml" | Import-ZNode | Select-Object -ExpandProperty Destination | Should -Be '/home'
                (Get-ZNode /home/a).Value | Should -Be 'x'
            }
            It 'go on with an import that was interrupted' {
                $null = Import-ZNode "$folder/tree.json" /partly
                Remove-ZNode '/partly/100%', '/partly/plain' -Recurse -Force
                $again = Import-ZNode "$folder/tree.json" /partly
                $again.Created | Should -Be (2 * ($names.Count + 1))
                $again.Unchanged | Should -Be ($count - 2 * ($names.Count + 1))
                Compare-ZNode /tree /partly | Should -BeNullOrEmpty
            }
            It 'go on with an export that was interrupted' -ForEach @(@{ File = 'cut.json' }, @{ File = 'cut.yaml' }) {
                $null = Export-ZNode /tree "$folder/$File"
                $bytes = [System.IO.File]::ReadAllBytes("$folder/$File")
                [System.IO.File]::WriteAllBytes("$folder/$File.partial", $bytes[0..([int]($bytes.Length * 0.6))])
                Remove-Item "$folder/$File"
                { Import-ZNode "$folder/$File" /never -ErrorAction Stop } | Should -Throw '*interrupted*'
                $result = Export-ZNode /tree "$folder/$File" -WarningVariable warnings -WarningAction SilentlyContinue
                "$warnings" | Should -BeLike 'Going on with the export of /tree*'
                $result.Created | Should -BeLessThan $count
                $result.Created | Should -BeGreaterThan 0
                [System.Linq.Enumerable]::SequenceEqual([string[]](Get-Content "$folder/$File" | Select-Object -Skip 8), [string[]]([System.Text.Encoding]::UTF8.GetString($bytes) -split "`n" | Select-Object -Skip 8 | Select-Object -SkipLast 1)) | Should -BeTrue
                Compare-ZNode /tree -FilePath "$folder/$File" | Should -BeNullOrEmpty
            }
            It 'end with Ctrl+C within a second, and go on after' {
                $many = "$folder/many.json"
                $lines = foreach ($i in 0..59999) { ",`n{`"path`":`"/n$i`",`"data`":`"$i`"}" }
                Set-Content $many "{`"format`":`"coordps-tree`",`"nodes`":[{`"path`":`"/`"}$(-join $lines)]}"
                $background = Start-Background ([scriptblock]::Create("Import-ZNode '$many' /many -Session `$Session")) $session
                Wait-Until { Test-ZNode /many }
                Measure-Time { $background.Shell.Stop() } | Should -BeLessThan 1
                $background.Shell.Dispose()
                $rest = Import-ZNode $many /many
                $rest.Failed | Should -Be 0
                $rest.Created + $rest.Unchanged | Should -Be 60001

                $background = Start-Background ([scriptblock]::Create("Export-ZNode /many '$folder/many-out.json' -Session `$Session")) $session
                Wait-Until { (Test-Path "$folder/many-out.json.partial") -or (Test-Path "$folder/many-out.json") }
                Measure-Time { $background.Shell.Stop() } | Should -BeLessThan 1
                $background.Shell.Dispose()
                if (-not (Test-Path "$folder/many-out.json")) { $null = Export-ZNode /many "$folder/many-out.json" -WarningAction Ignore }
                Compare-ZNode /many -FilePath "$folder/many-out.json" -Quiet | Should -BeTrue
                Remove-ZNode /many -Recurse -Force
            }
            It 'overwrite only when asked' {
                $null = New-ZNode /differs other
                $null = Import-ZNode "$folder/tree.json" /differs -ErrorVariable errors -ErrorAction SilentlyContinue
                $errors.FullyQualifiedErrorId | Should -Be 'ZNodeDiffers,CoordPS.Cmdlets.ImportZNodeCommand'
                $errors.TargetObject | Should -Be '/differs'
                (Import-ZNode "$folder/tree.json" /differs -Force).Updated | Should -Be 1
                { Export-ZNode /tree "$folder/tree.json" -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists,CoordPS.Cmdlets.ExportZNodeCommand'
                (Export-ZNode /tree "$folder/tree.json" -Force).Created | Should -Be $count
            }
            It 'leave a directory of other files alone' {
                $null = New-Item -ItemType Directory "$folder/mine"
                Set-Content "$folder/mine/notes.txt" 'mine'
                { Export-ZNode /tree "$folder/mine" -Force -ErrorAction Stop } | Should -Throw -ErrorId 'DirectoryInUse,CoordPS.Cmdlets.ExportZNodeCommand'
                Get-Content "$folder/mine/notes.txt" | Should -Be 'mine'
            }
            It 'bring a directory up to date' {
                $null = New-ZNode /live, /live/a, /live/b, /live/b/c x
                $null = Export-ZNode /live "$folder/live"
                Remove-ZNode /live/b -Recurse -Force
                $null = New-ZNode /live/a/new y
                $result = Export-ZNode /live "$folder/live"
                $result.Created, $result.Deleted, $result.Unchanged | Should -Be 1, 2, 2
                Get-Content -Raw "$folder/live/a/new" | Should -BeExactly 'y'
                Compare-ZNode /live -FilePath "$folder/live" | Should -BeNullOrEmpty
            }
            It 'take ephemerals along when asked, and make them persistent' {
                $null = Export-ZNode /tree "$folder/eph.json" -IncludeEphemeral -Include ephemeral
                (Import-ZNode "$folder/eph.json" /no-eph).Created | Should -Be 1
                (Import-ZNode "$folder/eph.json" /eph -IncludeEphemeral).Created | Should -Be 2
                (Get-ZNode /eph/ephemeral).Mode | Should -Be 'Persistent'
            }
            It 'take and leave out what is asked for' {
                $result = Export-ZNode /tree "$folder/some.json" -Include '/pl*', '/CON' -Exclude '[[]*'
                $result.Created | Should -Be (1 + 2 * $names.Count)
            }
            It 'read a file written by hand' {
                Set-Content "$folder/hand.yaml" @'
format: coordps-tree
nodes:
  - {path: /b, data: plain}
  - path: /
  - path: /a
    acl: ['world:anyone:r']
    data: |
      line
'@
                (Import-ZNode "$folder/hand.yaml" /hand).Created | Should -Be 3
                (Get-ZNode /hand/a).Value | Should -BeExactly "line`n"
                "$((Get-ZNodeAcl /hand/a).Acl)" | Should -Be 'world:anyone:r'
                Set-Content "$folder/bad.yaml" "format: coordps-tree`nnodes:`n- path: /`n  dat: x"
                { Import-ZNode "$folder/bad.yaml" /bad -ErrorAction Stop } | Should -Throw "*line 4*'dat' is not a field*"
            }
            It 'say with -WhatIf what they would do, and do nothing' {
                Import-ZNode "$folder/tree.json" /what-if -WhatIf | Should -BeNullOrEmpty
                Test-ZNode /what-if | Should -BeFalse
                Export-ZNode /tree "$folder/what-if.json" -WhatIf | Should -BeNullOrEmpty
                Test-Path "$folder/what-if*" | Should -BeFalse
            }
        }

        Context 'Copy-ZNode' {
            It 'copies one znode, or a tree' {
                (Copy-ZNode /tree /one).Created | Should -Be 1
                (Copy-ZNode /tree /all -Recurse).Created | Should -Be $count
                Compare-ZNode /tree /all | Should -BeNullOrEmpty
            }
            It 'copies to another ensemble' {
                $other = Connect-Coord "$($session.ConnectionString)/one"
                (Copy-ZNode /tree/CON /from-tree -Recurse -Session $session -DestinationSession $other).Created | Should -Be (1 + $names.Count)
                Compare-ZNode /tree/CON /from-tree -Session $session -DifferenceSession $other | Should -BeNullOrEmpty
                Disconnect-Coord $other
            }
            It 'creates parents when asked, and refuses to copy into itself' {
                Copy-ZNode /tree /not/there -ErrorVariable errors -ErrorAction SilentlyContinue
                $errors.FullyQualifiedErrorId | Should -Be 'NoNode,CoordPS.Cmdlets.CopyZNodeCommand'
                (Copy-ZNode /tree /now/there -Parents).Created | Should -Be 1
                { Copy-ZNode /tree /tree/below -Recurse -ErrorAction Stop } | Should -Throw -ErrorId 'DestinationInSource,CoordPS.Cmdlets.CopyZNodeCommand'
            }
        }

        Context 'Compare-ZNode' {
            It 'emits each difference with both values' {
                $null = New-ZNode /left, /left/gone, /left/same, /left/data old
                $null = Copy-ZNode /left /right -Recurse
                Remove-ZNode /right/gone
                $null = New-ZNode /right/new
                $null = Set-ZNode /right/data changed
                $null = Set-ZNodeAcl /right/data world:anyone:cdra
                $differences = Compare-ZNode /left /right
                $differences | ForEach-Object { "$($_.Path) $($_.Difference)" } | Should -Be '/left/data Data', '/left/data Acl', '/left/gone OnlyInReference', '/left/new OnlyInDifference'
                $differences[0].ReferenceValue, $differences[0].DifferenceValue | Should -Be 'old', 'changed'
                $differences[1].DifferenceValue | Should -Be 'world:anyone:cdra'
                $differences | Out-String -Width 160 | Should -Match 'Data\s+/left/data\s+old\s+changed'
                Compare-ZNode /left /right -Quiet | Should -BeFalse
                Compare-ZNode /left /left -Quiet | Should -BeTrue
                (Compare-ZNode /left /right -NoAcl).Count | Should -Be 3
            }
        }

        Context 'Sync-ZNode' {
            It 'makes a tree equal to another' {
                $differences = Sync-ZNode /left /right -Delete -WhatIf
                $differences.Count | Should -Be 4
                $result = Sync-ZNode /left /right
                $result.Created, $result.Updated, $result.Deleted | Should -Be 1, 1, 0
                (Sync-ZNode /left /right -Delete -Force).Deleted | Should -Be 1
                Compare-ZNode /left /right -Quiet | Should -BeTrue
            }
            It 'follows changes, and ends with Ctrl+C within a second' {
                $background = Start-Background { Sync-ZNode /left /followed -Watch -Delete -Force -Session $Session } $session
                Wait-Until { Test-ZNode /followed/same }
                $null = New-ZNode /left/later, /left/later/below x
                Wait-Until { Test-ZNode /followed/later/below }
                Remove-ZNode /left/later -Recurse -Force
                Wait-Until { -not (Test-ZNode /followed/later) }
                Compare-ZNode /left /followed -Quiet | Should -BeTrue
                Measure-Time { $background.Shell.Stop() } | Should -BeLessThan 1
                $background.Output[0].Created | Should -BeGreaterThan 0
                $background.Shell.Dispose()
            }
        }

        Context 'Quotas' {
            It 'are set, shown with what is used, and removed' {
                $null = New-ZNode /quota, /quota/a 12345
                $quota = Set-ZNodeQuota /quota -Count 10 -ByteHardLimit 1000
                $quota.UsedCount, $quota.UsedBytes, $quota.Count, $quota.ByteHardLimit, $quota.Bytes | Should -Be 2, 10, 10, 1000, -1
                # What is not given stays.
                (Set-ZNodeQuota /quota -Bytes 500).Count | Should -Be 10
                (Get-ZNodeQuota / -Recurse).Path | Should -Be '/quota'
                Get-ZNodeQuota /quota | Out-String -Width 160 | Should -Match '2\s+10\s+10\s+500\s+1000\s+/quota'
                Remove-ZNodeQuota /quota
                { Get-ZNodeQuota /quota -ErrorAction Stop } | Should -Throw -ErrorId 'NoQuota,CoordPS.Cmdlets.GetZNodeQuotaCommand'
            }
        }
    }
}
