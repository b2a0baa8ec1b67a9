# Logs, snapshots, backups and restores, on servers of ours and, where it is, of Apache's.
BeforeDiscovery {
    $makes = @(@{ Make = 'CoordPS'; Skip = $false })
    $makes += @{ Make = 'Apache'; Skip = -not ((Get-Command java -ErrorAction Ignore) -and (Test-Path /usr/share/java/zookeeper.jar)) }
}

BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"
}

Describe 'Files of <Make>' -ForEach $makes -Skip:$Skip {
    BeforeAll {
        $data = (New-Item -ItemType Directory "$TestDrive/$Make-data").FullName
        if ($Make -eq 'Apache') {
            $server = Start-ApacheServer $data
            $connection = $server.ConnectionString
        } else {
            $connection = (Start-CoordEnsemble test-offline -DataPath $data).ConnectionString
        }
        $session = Connect-Coord $connection -ErrorAction Stop
        $null = New-ZNode /app one
        $created = Get-ZNode /app
        Start-Sleep -Milliseconds 20
        $null = Set-ZNode /app two
        $set = Get-ZNode /app
        $null = New-ZNode /app/e -Mode Ephemeral
        $null = Invoke-ZNodeTransaction { New-ZNode /m x; Set-ZNode /app three }
    }
    AfterAll {
        Disconnect-Coord $session
        if ($Make -eq 'Apache') { Stop-ApacheServer $server } else { Stop-CoordEnsemble test-offline }
    }

    Context 'Get-CoordTransaction' {
        It 'tells who changed what, and when, while the server runs' {
            $transactions = Get-CoordTransaction $data
            $transactions | ForEach-Object { $_.GetType().FullName } | Select-Object -Unique | Should -Be CoordPS.Storage.LoggedTransaction
            $create = $transactions | Where-Object Path -EQ '/app' | Select-Object -First 1
            $create.Operation | Should -Be 'Create'
            $create.Zxid | Should -Be $created.Czxid
            $create.SessionId | Should -Be ([long]$session.Id)
            $create.Time | Should -Be $created.Created
            [System.Text.Encoding]::UTF8.GetString($create.Data) | Should -Be 'one'
            $create.Acl | Should -Be 'world:anyone:cdrwa'
            $create.File | Should -BeLike "$data/version-2/log.*"
            $multi = $transactions | Where-Object Operation -EQ 'Multi'
            $multi.Operations.Operation | Should -Be 'Create', 'SetData'
            $multi.Paths | Should -Be '/m', '/app'
            ($transactions | Where-Object EphemeralOwner).Path | Should -Be '/app/e'
        }

        It 'takes files, folders, wildcards and what has a DataPath' {
            $all = (Get-CoordTransaction $data).Count
            (Get-CoordTransaction "$data/version-2").Count | Should -Be $all
            (Get-CoordTransaction "$data/version-2/log.*").Count | Should -Be $all
            (Get-ChildItem "$data/version-2/log.*" | Get-CoordTransaction).Count | Should -Be $all
            ([pscustomobject]@{ DataPath = $data } | Get-CoordTransaction).Count | Should -Be $all
            ($data | Get-CoordTransaction).Count | Should -Be $all
        }

        It 'filters' {
            Get-CoordTransaction $data -ZNodePath /app -Operation SetData | ForEach-Object Zxid | Should -Contain $set.Mzxid
            (Get-CoordTransaction $data -FromZxid $set.Mzxid -ToZxid $set.Mzxid).Path | Should -Be '/app'
            (Get-CoordTransaction $data -After $set.Modified -ZNodePath /app).Operation | Should -Be 'SetData', 'Multi'
            (Get-CoordTransaction $data -Before $created.Created -ZNodePath '/a*').Operation | Should -Be 'Create'
            (Get-CoordTransaction $data -SessionId $session.Id -ZNodePath '/app/*').Mode | Should -Be 'Ephemeral'
            Get-CoordTransaction $data -SessionId 1 | Should -BeNullOrEmpty
            (Get-CoordTransaction $data -Tail 1).Operation | Should -Be 'Multi'
        }

        It 'follows a log that is written to' {
            $seen = Get-CoordTransaction $data -Tail 1 -Follow | ForEach-Object {
                if ($_.Operation -eq 'Multi') { $null = New-ZNode /followed -Session $session }
                $_
            } | Select-Object -First 2
            $seen.Operation | Should -Be 'Multi', 'Create'
            $seen[1].Path | Should -Be '/followed'
            Remove-ZNode /followed
        }

        It 'says which file is damaged, and where' {
            $copy = Copy-Item (Get-ChildItem "$data/version-2/log.*" | Select-Object -First 1) "$TestDrive/log.1" -PassThru
            $second = (Get-CoordTransaction $copy)[1].Offset
            $bytes = [System.IO.File]::ReadAllBytes($copy)
            $bytes[$second + 45] = $bytes[$second + 45] -bxor 1
            [System.IO.File]::WriteAllBytes($copy, $bytes)
            $read = Get-CoordTransaction $copy -ErrorVariable failure -ErrorAction SilentlyContinue
            $read | Should -HaveCount 1
            $failure[0].FullyQualifiedErrorId | Should -Be 'LogCorrupt,CoordPS.Cmdlets.GetCoordTransactionCommand'
            "$($failure[0])" | Should -BeLike "*$copy*byte $second*"
            $failure[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            Get-CoordTransaction "$TestDrive/nothing" -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $failure[0].FullyQualifiedErrorId | Should -Be 'FileNotFound,CoordPS.Cmdlets.GetCoordTransactionCommand'
        }

        It 'shows a table' {
            Get-CoordTransaction $data -ZNodePath /app | Out-String -Width 200 |
                Should -Match "0x$('{0:x}' -f $created.Czxid)\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\s+$($session.Id)\s+Create\s+3\s+/app\s+one"
        }
    }

    Context 'Backup-CoordEnsemble and Restore-CoordEnsemble' {
        It 'back up beside the server, to date again, and restore to a zxid or a time' {
            $backup = Backup-CoordEnsemble "$TestDrive/$Make-backup" -DataPath $data
            $backup | Should -BeOfType ([CoordPS.CoordBackup])
            $backup.ZNodeCount | Should -BeGreaterThan 3
            $null = Set-ZNode /app four
            $four = Get-ZNode /app
            Start-Sleep -Milliseconds 20
            $null = Remove-ZNode /app -Recurse -Force
            $again = Backup-CoordEnsemble "$TestDrive/$Make-backup" -DataPath $data
            $again.Zxid | Should -BeGreaterThan $backup.Zxid
            $again.FirstZxid | Should -Be $backup.FirstZxid
            $again | Out-String -Width 200 | Should -BeLike "*$Make-backup*"

            $restored = $again | Restore-CoordEnsemble -DataPath "$TestDrive/$Make-a" -ToZxid $four.Mzxid
            $restored.Zxid | Should -Be $four.Mzxid
            $null = Start-CoordEnsemble "test-$Make" -DataPath "$TestDrive/$Make-a"
            $other = Get-CoordEnsemble "test-$Make" | Connect-Coord
            (Get-ZNode /app -Session $other).Value | Should -Be 'four'
            Disconnect-Coord $other
            $null = Restore-CoordEnsemble $again.Path "$TestDrive/$Make-a" -ErrorVariable failure -ErrorAction SilentlyContinue -Force
            $failure[0].FullyQualifiedErrorId | Should -Be 'BackupTargetInUse,CoordPS.Cmdlets.RestoreCoordEnsembleCommand'
            Stop-CoordEnsemble "test-$Make"

            $null = Restore-CoordEnsemble $again.Path "$TestDrive/$Make-a" -ErrorVariable failure -ErrorAction SilentlyContinue
            $failure[0].FullyQualifiedErrorId | Should -Be 'BackupTargetExists,CoordPS.Cmdlets.RestoreCoordEnsembleCommand'
            $kept = Restore-CoordEnsemble $again.Path "$TestDrive/$Make-a" -Force -ToTime $four.Modified -NoEphemeral
            $kept.Zxid | Should -Be $four.Mzxid
            $kept.EphemeralCount | Should -Be 0
            Test-Path $kept.ReplacedPath | Should -BeTrue

            Restore-CoordEnsemble $again.Path "$TestDrive/$Make-b" -WhatIf | Should -BeNullOrEmpty
            Backup-CoordEnsemble "$TestDrive/$Make-c" -DataPath $data -WhatIf | Should -BeNullOrEmpty
            Test-Path "$TestDrive/$Make-b", "$TestDrive/$Make-c" | Should -Be $false, $false
        }

        It 'describe snapshots and their znodes' {
            $info = Get-CoordSnapshot "$TestDrive/$Make-a"
            $info.GetType().FullName | Should -Be CoordPS.Storage.SnapshotInfo
            $info.IsValid | Should -BeTrue
            $znodes = Get-CoordSnapshot "$TestDrive/$Make-a" -Newest -ZNode
            $znodes.Count | Should -Be $info.ZNodeCount
            $znodes[0].Path | Should -Be '/'
            $znode = $info | ForEach-Object File | Get-CoordSnapshot -ZNodePath '/ap*'
            [System.Text.Encoding]::UTF8.GetString($znode.Data) | Should -Be 'four'
            $znode.Modified | Should -BeOfType ([System.DateTimeOffset])
            $znode | Out-String -Width 200 | Should -Match 'Persistent\s+3\s+4\s+.*/app\s+four'
            $null = Restore-CoordEnsemble "$TestDrive/$Make-backup" "$TestDrive/$Make-s"
            $listed = Get-CoordSnapshot "$TestDrive/$Make-s" -SessionList | Where-Object SessionId -EQ $session.Id
            $listed.Timeout | Should -Be $session.Timeout
        }

        It 'refuse a damaged backup' {
            $file = Get-ChildItem "$TestDrive/$Make-backup/version-2/log.*" | Select-Object -First 1
            Add-Content $file 'x'
            Restore-CoordEnsemble "$TestDrive/$Make-backup" "$TestDrive/$Make-d" -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $failure[0].FullyQualifiedErrorId | Should -Be 'BackupDamaged,CoordPS.Cmdlets.RestoreCoordEnsembleCommand'
            "$($failure[0])" | Should -BeLike "*$($file.Name)*"
            Test-Path "$TestDrive/$Make-d" | Should -BeFalse
        }
    }
}

Describe 'A backup over the network' {
    It 'needs a session, or members' {
        Backup-CoordEnsemble "$TestDrive/none" -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'NoSession,CoordPS.Cmdlets.BackupCoordEnsembleCommand'
        Backup-CoordEnsemble "$TestDrive/none" -Member 'server.1=nowhere' -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'BadArguments,CoordPS.Cmdlets.BackupCoordEnsembleCommand'
        $port = Get-FreePort
        Backup-CoordEnsemble "$TestDrive/none" -Member "server.1=127.0.0.1:${port}:1" -Timeout 300ms -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'BackupNoLeader,CoordPS.Cmdlets.BackupCoordEnsembleCommand'
        Test-Path "$TestDrive/none" | Should -BeFalse
    }

    It 'is taken of three members of Apache''s by a session that knows only one' -Skip:(-not ((Get-Command java -ErrorAction Ignore) -and (Test-Path /usr/share/java/zookeeper.jar))) {
        $lines = 1..3 | ForEach-Object { "server.$_=127.0.0.1:$(Get-FreePort):$(Get-FreePort)" }
        $servers = foreach ($id in 1..3) {
            $data = (New-Item -ItemType Directory "$TestDrive/member$id").FullName
            Set-Content "$data/myid" $id
            Start-ApacheServer $data @('initLimit=20'; 'syncLimit=6'; $lines)
        }
        try {
            $null = Connect-Coord $servers[0].ConnectionString -RetryTime 60s -ErrorAction Stop
            $null = New-ZNode /from-apache 'three members'
            $backup = Backup-CoordEnsemble "$TestDrive/three"
            $backup.Configuration | Should -BeLike "*$($lines[2])*"
            $null = Set-ZNode /from-apache 'and on'
            $again = Backup-CoordEnsemble "$TestDrive/three" -Member $lines
            $again.Zxid | Should -BeGreaterThan $backup.Zxid
        } finally {
            Get-CoordSession | Disconnect-Coord
            $servers | ForEach-Object { Stop-ApacheServer $_ }
        }
        # The folders of all members at once.
        $restored = Restore-CoordEnsemble "$TestDrive/three" (1..3 | ForEach-Object { "$TestDrive/member$_" }) -Force
        $restored.Zxid | Should -Be @($again.Zxid, $again.Zxid, $again.Zxid)
        1..3 | ForEach-Object { Get-Content "$TestDrive/member$_/myid" | Should -Be $_ }
        $znode = Get-CoordSnapshot "$TestDrive/member3" -ZNodePath /from-apache
        [System.Text.Encoding]::UTF8.GetString($znode.Data) | Should -Be 'and on'
    }

    It 'of a standalone server is refused with a reason, and taken from its files when it is one of this process' {
        $ensemble = Start-CoordEnsemble test-single
        try {
            $null = $ensemble | Connect-Coord
            $null = New-ZNode /x y
            Backup-CoordEnsemble "$TestDrive/single" -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $failure[0].FullyQualifiedErrorId | Should -Be 'NoMembers,CoordPS.Cmdlets.BackupCoordEnsembleCommand'
            $backup = $ensemble | Backup-CoordEnsemble "$TestDrive/single"
            (Get-CoordTransaction $backup.Path -ZNodePath /x).Operation | Should -Be 'Create'
        } finally {
            Get-CoordSession | Disconnect-Coord
            Stop-CoordEnsemble test-single
        }
    }
}

Describe 'An ensemble of three members' {
    AfterEach {
        Get-CoordSession | Disconnect-Coord
        Get-CoordEnsemble 'test-three*' | Stop-CoordEnsemble
    }

    It 'is backed up while it serves, rolled back as a whole, and started again' {
        $ensemble = Start-CoordEnsemble test-three -Members 3 -DataPath "$TestDrive/ensemble"
        $null = $ensemble | Connect-Coord
        $null = New-ZNode /kept 'yes'
        $backup = $ensemble | Backup-CoordEnsemble "$TestDrive/ensemble-backup"
        $backup.Configuration | Should -BeLike '*server.3=*'
        $good = (New-ZNode /good).Czxid
        $null = New-ZNode /bad
        $backup = Backup-CoordEnsemble "$TestDrive/ensemble-backup"
        # Each member's log has them all, though one's a moment later than the others'.
        Wait-Until { @($ensemble | Get-CoordTransaction -ZNodePath /bad).Count -eq 3 }
        ($ensemble.Members | Get-CoordTransaction -ZNodePath /bad).Count | Should -Be 3

        $null = Restore-CoordEnsemble $backup.Path -Ensemble $ensemble -Force -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'EnsembleRunning,CoordPS.Cmdlets.RestoreCoordEnsembleCommand'
        $null = Restore-CoordEnsemble $backup.Path $ensemble.DataPath -Force -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'BackupTargetInUse,CoordPS.Cmdlets.RestoreCoordEnsembleCommand'
        Get-CoordSession | Disconnect-Coord
        $ensemble | Stop-CoordEnsemble

        $restored = Restore-CoordEnsemble $backup.Path -Ensemble $ensemble -Force -ToZxid $good
        $restored.Zxid | Should -Be @($good, $good, $good)
        $again = Start-CoordEnsemble test-three -DataPath "$TestDrive/ensemble"
        $again.Members | Should -HaveCount 3
        $null = $again | Connect-Coord
        (Get-ZNode /kept).Value | Should -Be 'yes'
        Test-ZNode /good | Should -BeTrue
        Test-ZNode /bad | Should -BeFalse
        # Later than all that anybody has seen before.
        (New-ZNode /after).Czxid | Should -BeGreaterThan $backup.Zxid
    }
}
