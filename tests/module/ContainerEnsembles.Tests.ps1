BeforeDiscovery {
    Import-Module "$PSScriptRoot/Engines.psm1" -Force
    $missing = Get-MissingEngine
    $networks = @('host')
    # An engine may have a bridge of its own, or be able to make one.
    if (-not $missing) {
        $null = & docker -H $env:COORDPS_TEST_DOCKER_HOST network create "probe-$PID" 2>&1
        if ($LASTEXITCODE -eq 0) {
            $null = & docker -H $env:COORDPS_TEST_DOCKER_HOST network rm "probe-$PID"
            $networks += 'bridge'
        }
    }
}

Describe 'An ensemble in containers' -Skip:([bool]$missing) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Local.psm1" -Force
        Import-Module "$PSScriptRoot/Engines.psm1" -Force
        $before = $env:DOCKER_HOST
        $env:DOCKER_HOST = $env:COORDPS_TEST_DOCKER_HOST
        $image = Get-TestImage
        $name = "boxes$PID"
    }

    AfterAll {
        Get-CoordEnsemble "$name*" | Stop-CoordEnsemble -DeleteData
        Get-CoordSession | Disconnect-Coord
        $env:DOCKER_HOST = $before
    }

    Context 'of three members' {
        BeforeAll {
            $ensemble = Start-CoordEnsemble $name -Container -Image $image -Members 3 -Configuration @{ snapCount = 1000 }
            $session = Connect-Coord $ensemble.ConnectionString
        }

        It 'serves clients, with containers that are named, labelled and healthy' {
            $ensemble.State | Should -Be Running
            $ensemble.Kind | Should -Be Container
            New-ZNode /kept -Data 'before' -Session $session | Should -Not -BeNullOrEmpty
            $boxes = Get-CoordContainer -Label "coordps.ensemble=$name"
            $boxes.Name | Sort-Object | Should -Be "$name-1", "$name-2", "$name-3"
            Wait-Until { (Get-CoordContainer "$name-*").Health -notcontains 'Starting' } 'health checks were made'
            (Get-CoordContainer "$name-*").Health | Select-Object -Unique | Should -Be Healthy
            (Get-CoordContainer "$name-1").Command | Should -Not -BeNullOrEmpty
            & docker -H $env:COORDPS_TEST_DOCKER_HOST inspect -f '{{.Config.User}}' "$name-1" | Should -Be '1000:1000'
        }

        It 'is found again from another shell, and its members are read' {
            $seen = Invoke-Shell "Get-CoordEnsemble $name | Select-Object Name, ConnectionString, @{ n = 'State'; e = { `"`$(`$_.State)`" } }, @{ n = 'Containers'; e = { `$_.Members.Container -join ' ' } }"
            $seen.ConnectionString | Should -Be $ensemble.ConnectionString
            $seen.State | Should -Be Running
            $seen.Containers | Should -Be "$name-1 $name-2 $name-3"
            @(Get-CoordMember $name | Where-Object IsServing).Count | Should -Be 3
            (Get-CoordMember $name | Get-CoordContainerLog | Where-Object Line -Match 'Serving clients').Container | Sort-Object -Unique | Should -Be "$name-1", "$name-2", "$name-3"
            (Test-CoordEnsemble $name | Where-Object Status -EQ Failed) | Should -BeNullOrEmpty
            (Measure-CoordEnsemble $name -Duration 500ms -Operation Write).Errors.Count | Should -Be 0
        }

        It 'goes on while its leader is killed, started, frozen and restarted' {
            $leader = (Get-CoordEnsemble $name).Leader
            (Stop-CoordMember $name $leader -Kill -PassThru).State | Should -Be Stopped
            Wait-Until { (Get-CoordEnsemble $name).Leader -notin $null, $leader } 'another leads'
            # It leads a moment before it is known that the third serves, too.
            Wait-Until { (Get-CoordEnsemble $name).State -eq 'Degraded' } 'two of three serve'
            (Start-CoordMember $name $leader -PassThru).IsServing | Should -BeTrue
            (Suspend-CoordMember $name 2 -PassThru).State | Should -Be Suspended
            (Get-CoordContainer "$name-2").State | Should -Be Paused
            (Resume-CoordMember $name 2 -PassThru).State | Should -Be Running
            Wait-Until { (Get-CoordEnsemble $name).State -eq 'Running' } 'all serve'
            Restart-CoordMember $name 1, 2, 3
            # Each is waited for; those that were led by the last find their new leader meanwhile.
            Wait-Until { (Get-CoordEnsemble $name).State -eq 'Running' } 'all serve again'
            (Get-ZNode /kept -Session (Connect-Coord $ensemble.ConnectionString)).Value | Should -Be 'before'
            { Invoke-CoordFault $name -Partition 1 -ErrorAction Stop } | Should -Throw
        }

        It 'serves kazoo while a container is killed and started again' -Skip:(-not (Test-Path /usr/bin/python3) -or $(& /usr/bin/python3 -c 'import kazoo' 2>$null; $LASTEXITCODE)) {
            $stop = "$TestDrive/stop"
            $out = "$TestDrive/kazoo.out"
            $kazoo = Start-Process /usr/bin/python3 "$PSScriptRoot/../interop/kazoo/serves.py", $ensemble.ConnectionString, $stop -PassThru -RedirectStandardOutput $out -RedirectStandardError "$out.errors"
            Wait-Until { $kazoo.HasExited -or (Get-Content $out -ErrorAction Ignore) -contains 'ready' } 'kazoo is connected'
            $leader = (Get-CoordEnsemble $name).Leader
            & docker -H $env:COORDPS_TEST_DOCKER_HOST kill "$name-$leader" | Out-Null
            Wait-Until { (Get-CoordEnsemble $name).Leader -notin $null, $leader } 'another leads'
            & docker -H $env:COORDPS_TEST_DOCKER_HOST start "$name-$leader" | Out-Null
            Wait-Until { (Get-CoordEnsemble $name).State -eq 'Running' } 'all serve'
            $null = New-Item $stop
            # It deletes what it wrote, one by one.
            $kazoo.WaitForExit(120000) | Should -BeTrue
            "$(Get-Content $out, "$out.errors")" | Should -Match 'all there'
        }

        It 'takes a fourth member, and does without it again' {
            $added = Add-CoordMember $name
            $added.Container | Should -Be "$name-4"
            $added.IsServing | Should -BeTrue
            Remove-CoordMember $name 4 -DeleteData -Confirm:$false
            Get-CoordContainer "$name-4*" | Should -BeNullOrEmpty
            (Get-CoordEnsemble $name).Members.Count | Should -Be 3
        }

        It 'is backed up while it serves, and restored when it is stopped, to volumes that are new' {
            $folder = "$TestDrive/backup"
            $backup = Backup-CoordEnsemble $folder -Ensemble (Get-CoordEnsemble $name)
            $backup.ZNodeCount | Should -BeGreaterThan 4
            $now = Connect-Coord (Get-CoordEnsemble $name).ConnectionString
            Set-ZNode /kept -Data 'after' -Session $now
            { Restore-CoordEnsemble $folder -Ensemble (Get-CoordEnsemble $name) -Force -ErrorAction Stop } | Should -Throw -ErrorId 'EnsembleRunning,*'
            Stop-CoordEnsemble $name
            (Get-CoordEnsemble $name).State | Should -Be Stopped
            { Restore-CoordEnsemble $folder -Ensemble (Get-CoordEnsemble $name) -ErrorAction Stop } | Should -Throw
            $restored = Restore-CoordEnsemble $folder -Ensemble (Get-CoordEnsemble $name) -Force
            $restored.Count | Should -Be 3
            $restored[0].ReplacedPath | Should -Be "$name-1-data"
            { Start-CoordEnsemble $name -Container -Members 5 -ErrorAction Stop } | Should -Throw -ErrorId 'EnsembleMismatch,*'
            $again = Start-CoordEnsemble $name -Container
            $again.ConnectionString | Should -Be $ensemble.ConnectionString
            (Get-ZNode /kept -Session (Connect-Coord $again.ConnectionString)).Value | Should -Be 'before'
            { Start-CoordEnsemble $name -Container -Image $image -ErrorAction Stop } | Should -Throw -ErrorId 'EnsembleExists,*'
        }

        It 'leaves nothing when it is stopped with its data' {
            Stop-CoordEnsemble $name -DeleteData
            Get-CoordEnsemble "$name*" | Should -BeNullOrEmpty
            Get-CoordContainer "$name*" | Should -BeNullOrEmpty
            & docker -H $env:COORDPS_TEST_DOCKER_HOST volume ls -q | Should -Not -Match $name
        }
    }

    It 'of one member is backed up through its engine' {
        $one = Start-CoordEnsemble "$name-one" -Container -Image $image
        try {
            $null = New-ZNode /solo -Data 'x' -Session (Connect-Coord $one.ConnectionString)
            (Backup-CoordEnsemble "$TestDrive/one" -Ensemble $one).ZNodeCount | Should -BeGreaterThan 4
            Stop-CoordEnsemble "$name-one"
            (Get-CoordSnapshot "$TestDrive/one" -ErrorAction Ignore) | Should -Not -BeNullOrEmpty
        } finally {
            Stop-CoordEnsemble "$name-one" -DeleteData
        }
    }

    It 'runs Apache''s server as the official image does' {
        $apache = Get-TestApacheImage
        if (-not $apache) { Set-ItResult -Skipped -Because 'Apache ZooKeeper, java or jlink is missing' }
        $three = Start-CoordEnsemble "$name-apache" -Container -Image $apache -Members 3
        try {
            $session = Connect-Coord $three.ConnectionString
            $null = New-ZNode /apache -Data 'before' -Session $session
            (Get-CoordMember "$name-apache").Version | Select-Object -Unique | Should -Match '^3\.'
            (Get-CoordMember "$name-apache").Version | Should -Not -Match 'CoordPS'
            (Test-CoordEnsemble "$name-apache" | Where-Object Status -EQ Failed) | Should -BeNullOrEmpty
            $leader = (Get-CoordEnsemble "$name-apache").Leader
            Stop-CoordMember "$name-apache" $leader -Kill
            Start-CoordMember "$name-apache" $leader
            (Backup-CoordEnsemble "$TestDrive/apache" -Ensemble $three).ZNodeCount | Should -BeGreaterThan 4
            $null = Set-ZNode /apache -Data 'after' -Session (Connect-Coord $three.ConnectionString)
            Stop-CoordEnsemble "$name-apache"
            $null = Restore-CoordEnsemble "$TestDrive/apache" -Ensemble $three -Force
            $again = Start-CoordEnsemble "$name-apache" -Container
            (Get-ZNode /apache -Session (Connect-Coord $again.ConnectionString)).Value | Should -Be 'before'
            (Add-CoordMember "$name-apache").IsServing | Should -BeTrue
        } finally {
            Stop-CoordEnsemble "$name-apache" -DeleteData
        }
    }

    It 'has a network in which members find each other by name' -Skip:($networks -notcontains 'bridge') {
        $null = & docker -H $env:COORDPS_TEST_DOCKER_HOST network create $name
        try {
            $three = Start-CoordEnsemble "$name-net" -Container -Image $image -Members 3 -Network $name
            $session = Connect-Coord $three.ConnectionString
            (New-ZNode /net -Data 'x' -Session $session).Path | Should -Be '/net'
            ((Get-CoordContainer "$name-net-1").Ports | Where-Object ContainerPort -EQ 2181).HostPort | Should -Be $three.Members[0].ClientEndPoint.Port
            (Backup-CoordEnsemble "$TestDrive/net" -Ensemble $three).ZNodeCount | Should -BeGreaterThan 4
        } finally {
            Get-CoordEnsemble "$name-net" -ErrorAction Ignore | Stop-CoordEnsemble -DeleteData
            $null = & docker -H $env:COORDPS_TEST_DOCKER_HOST network rm $name
        }
    }

    It 'that can''t start leaves nothing and says why: <Id>' -ForEach @(
        @{ Id = 'NotFound'; Parameters = @{ Image = '127.0.0.1:5000/no-such:1' }; Says = '*No such image*' }
        @{ Id = 'MemberFailed'; Parameters = @{ Image = '127.0.0.1:5000/busybox:1' }; Says = '*' }
        @{ Id = 'BadConfiguration'; Parameters = @{ Configuration = @{ dataDir = '/x' } }; Says = "*dataDir can't be set*" }
        @{ Id = 'EngineUnreachable'; Parameters = @{ DockerHost = 'unix:///nowhere.sock' }; Says = '*no such socket*' }
    ) {
        $with = @{ Image = $image }
        foreach ($key in $Parameters.Keys) { $with[$key] = $Parameters[$key] }
        $caught = $null
        try { $null = Start-CoordEnsemble "$name-bad" -Container @with -ErrorAction Stop } catch { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        "$caught" | Should -BeLike $Says
        Get-CoordContainer "$name-bad*" | Should -BeNullOrEmpty
        & docker -H $env:COORDPS_TEST_DOCKER_HOST volume ls -q | Should -Not -Match "$name-bad"
    }

    It 'leaves alone what only has the name of a member''s container or volume' {
        $box = "$(Get-TestRegistry)/busybox:1"
        $other = Start-CoordContainer $box -Name "$name-taken-2" -Network host -Command sleep, 600
        $null = & docker -H $env:COORDPS_TEST_DOCKER_HOST volume create "$name-one-more-2-data"
        try {
            { Start-CoordEnsemble "$name-taken" -Container -Image $image -Members 3 -ErrorAction Stop } | Should -Throw -ErrorId 'Conflict,*'
            (Get-CoordContainer "$name-taken*").Id | Should -Be $other.Id -Because 'only what was made goes'
            (Get-CoordContainer "$name-taken-2").State | Should -Be Running
            $null = Start-CoordEnsemble "$name-one-more" -Container -Image $image -Configuration @{ standaloneEnabled = 'false' }
            { Add-CoordMember "$name-one-more" -ErrorAction Stop } | Should -Throw "*volume '$name-one-more-2-data'*"
            & docker -H $env:COORDPS_TEST_DOCKER_HOST volume ls -q | Should -Contain "$name-one-more-2-data"
        } finally {
            $other | Remove-CoordContainer -Force
            Get-CoordEnsemble "$name-one-more", "$name-taken" -ErrorAction Ignore | Stop-CoordEnsemble -DeleteData
            $null = & docker -H $env:COORDPS_TEST_DOCKER_HOST volume rm "$name-one-more-2-data"
        }
    }

    It 'that finds a port in use says which' {
        $listener = [System.Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        try {
            { Start-CoordEnsemble "$name-port" -Container -Image $image -Port $listener.LocalEndpoint.Port -ErrorAction Stop } | Should -Throw "*$($listener.LocalEndpoint.Port)*"
        } finally {
            $listener.Stop()
        }
        Get-CoordContainer "$name-port*" | Should -BeNullOrEmpty
    }
}
