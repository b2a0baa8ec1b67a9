BeforeDiscovery {
    Import-Module "$PSScriptRoot/Engines.psm1" -Force
    $missing = Get-MissingOwnEngine
}

Describe 'Registration of containers <_>' -ForEach '', '--live-restore' -Skip:([bool]$missing) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Peers.psm1"
        Import-Module "$PSScriptRoot/Engines.psm1" -Force
        $options = $_
        $folder = "/tmp/coordps-discovery-$PID"
        $engine = Start-TestEngine $folder $options
        $box = "$(Get-TestRegistry)/busybox:1"
        $ensemble = Start-CoordEnsemble
        $session = Connect-Coord $ensemble.ConnectionString
        # Of its own, since the other one is to be lost.
        $reader = Connect-Coord $ensemble.ConnectionString
        $run = Start-Background ([scriptblock]::Create("Register-CoordContainer -DockerHost $engine -Session `$Session -Address 127.0.0.1")) $session

        # Starts containers of service web that are healthy as long as /tmp/sick is not there.
        function Start-Instance([int[]] $Number) {
            $Number | ForEach-Object {
                $null = Start-CoordContainer $box -DockerHost $engine -Name "web-$_" -Network host -Command sh, -c, 'trap exit TERM; sleep 3600 & wait' -Label @{
                    'coordps.service' = 'web'; 'coordps.port' = 8000 + $_; 'coordps.meta.number' = $_
                } -HealthCommand 'test ! -e /tmp/sick' -HealthInterval 300ms -HealthRetries 1
            }
        }

        function Get-Registered { @(Get-CoordService web -Session $reader -ErrorAction Ignore | ForEach-Object { $_.Metadata['container'] } | Sort-Object) -join ' ' }
        function Get-Up { @((Get-CoordContainer -DockerHost $engine -State Running -Health Healthy, None -Label 'coordps.service=web').Name | Sort-Object) -join ' ' }

        # Waits for what the registry has to say five seconds later, not counting a machine that stands still.
        function Wait-Registry([scriptblock] $Condition) { Measure-Time { Wait-Until $Condition } | Should -BeLessThan 5 -Because 'the registry follows' }

        # Waits until the engine itself counts so many as running and healthy, and then for the registry to say the same.
        function Assert-Registered([int] $Count) {
            Wait-Until { @(Get-CoordContainer -DockerHost $engine -State Running -Health Healthy, None -Label 'coordps.service=web').Count -eq $Count } 30
            $up = Get-Up
            try { Wait-Registry { (Get-Registered) -eq $up } } catch { throw "Up: '$up', registered: '$(Get-Registered)', changes: $(for ($i = 0; $i -lt $run.Output.Count; $i++) { $run.Output[$i] }) $($run.Shell.Streams.Error.Count) $($run.Shell.InvocationStateInfo.Reason)" }
            @(Get-ZNodeChild /services/web -Session $reader).Count | Should -Be $Count -Because 'none is registered twice'
        }

        # The same where it is the engine's affair how many have survived.
        function Assert-Same {
            Wait-Until { (Get-CoordContainer -DockerHost $engine -Label 'coordps.service=web').Health -notcontains 'Starting' } 30
            Wait-Registry { (Get-Registered) -eq (Get-Up) }
        }

        # As a health check that fails or succeeds from now on.
        function Set-Health([string] $Name, [switch] $Sick) {
            & docker -H $engine exec $Name ($Sick ? 'touch' : 'rm') /tmp/sick
        }
    }

    AfterAll {
        $run.Shell.Stop()
        $run.Shell.Dispose()
        $session, $reader | Disconnect-Coord
        $ensemble | Stop-CoordEnsemble
        Remove-TestEngine $folder
    }

    It 'follows ten containers as they come and go, through a restart of the engine and the loss of the session' {
        Start-Instance (1..10)
        Assert-Registered 10
        $one = Get-CoordService web -Session $reader | Where-Object { $_.Metadata['number'] -eq '3' }
        $one.Id | Should -Be (Get-CoordContainer web-3 -DockerHost $engine).Id
        $one.Port | Should -Be 8003
        $one.Address | Should -Be '127.0.0.1'
        $one.Metadata['health'] | Should -Be 'healthy'

        'killed' | Write-Verbose
        Stop-CoordContainer web-1, web-2 -DockerHost $engine -Kill
        Assert-Registered 8

        'unhealthy' | Write-Verbose
        'web-3', 'web-4' | ForEach-Object { Set-Health $_ -Sick }
        Assert-Registered 6
        Set-Health web-3
        Assert-Registered 7

        'removed, paused and started again' | Write-Verbose
        Remove-CoordContainer web-5 -DockerHost $engine -Force
        & docker -H $engine pause web-6 | Out-Null
        Assert-Registered 5
        & docker -H $engine unpause web-6 | Out-Null
        Start-CoordContainer -Name web-1 -DockerHost $engine | Out-Null
        Assert-Registered 7

        'the engine restarts' | Write-Verbose
        Stop-TestEngine $folder
        $null = Start-TestEngine $folder $options
        Assert-Same
        if (-not $options) { Get-Registered | Should -Be '' -Because 'all have ended with the engine' }
        Start-Instance (11..12)
        Assert-Same
        -split (Get-Registered) | Should -Contain 'web-12'

        'the session is lost' | Write-Verbose
        $names = Get-Registered
        Stop-Session $session
        Wait-Registry { (Get-Registered) -eq $names }

        'the engine is killed' | Write-Verbose
        Stop-TestEngine $folder -Kill
        $null = Start-TestEngine $folder $options
        Assert-Same
        Start-Instance (13..14)
        Assert-Same
        -split (Get-Registered) | Should -Contain 'web-14'

        'nobody watches any more' | Write-Verbose
        $run.Shell.Stop()
        Wait-Registry { (Get-Registered) -eq '' }
    }
}

Describe 'Registration of containers' -Skip:([bool](Get-MissingEngine)) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Engines.psm1" -Force
        $box = "$(Get-TestRegistry)/busybox:1"
        $env:DOCKER_HOST, $before = $env:COORDPS_TEST_DOCKER_HOST, $env:DOCKER_HOST
        $ensemble = Start-CoordEnsemble
        $session = Connect-Coord $ensemble.ConnectionString
        $prefix = "reg-$PID-"
    }
    AfterAll {
        Get-CoordContainer "$prefix*" | Remove-CoordContainer -Force
        $session | Disconnect-Coord
        $ensemble | Stop-CoordEnsemble
        $env:DOCKER_HOST = $before
    }

    It 'emits each change, and resolves' {
        $null = Start-CoordContainer $box -Name "${prefix}a" -Network host -Command sleep, 600 -Label @{ 'coordps.service' = "svc$PID"; 'coordps.port' = 81; 'coordps.address' = '10.1.2.3' }
        $changes = Register-CoordContainer -Count 1 -BasePath /reg | ForEach-Object {
            (Resolve-CoordService "svc$PID" -BasePath /reg -Timeout 5s).Address | Should -Be '10.1.2.3'
            $_
        }
        $changes.Change | Should -Be Registered
        $changes.Container | Should -Be "${prefix}a"
        $changes.Reason | Should -Be running
        $changes | Out-String | Should -Match 'Registered'
        Get-CoordService "svc$PID" -BasePath /reg -ErrorAction Ignore | Should -BeNullOrEmpty -Because 'it was registered only while it was watched'
    }

    It 'says what is wrong with labels, and goes on' {
        $null = Start-CoordContainer $box -Name "${prefix}bad" -Network host -Command sleep, 600 -Label @{ 'coordps.service' = 'x'; 'coordps.port' = 'http' }
        $run = Start-Background { Register-CoordContainer -BasePath /reg -Session $Session } $session
        try {
            Wait-Until { "$($run.Shell.Streams.Warning)" -like '*coordps.port=http is no port*' }
            $run.Shell.InvocationStateInfo.State | Should -Be Running
        } finally {
            $run.Shell.Stop()
            $run.Shell.Dispose()
        }
    }

    It 'keeps what is registered while the engine refuses to say how a container is' -Skip:(-not (Test-Path /usr/bin/python3)) {
        $rule, $socket = "$TestDrive/rule", "/tmp/coordps-refusing-$PID.sock"
        $proxy = Start-Process /usr/bin/python3 "$PSScriptRoot/../services/refusing-engine.py", $socket, ($env:COORDPS_TEST_DOCKER_HOST -replace '^unix://'), $rule -PassThru -RedirectStandardError "$TestDrive/proxy.errors"
        try {
            $with = @{ Network = 'host'; Command = 'sleep', 600; Label = @{ 'coordps.service' = "sure$PID" } }
            $null = Start-CoordContainer $box -Name "${prefix}first" @with
            Wait-Until { Test-Path $socket }
            $run = Start-Background ([scriptblock]::Create("Register-CoordContainer -DockerHost unix://$socket -Session `$Session -BasePath /reg")) $session
            $registered = { @(Get-CoordService "sure$PID" -BasePath /reg -ErrorAction Ignore).Count }
            Wait-Until { (& $registered) -eq 1 }
            Set-Content $rule '/containers/.*/json'
            $null = Start-CoordContainer $box -Name "${prefix}second" @with
            Wait-Until { "$($run.Shell.Streams.Warning)" -like '*not now*' }
            & $registered | Should -Be 1 -Because 'the first still runs'
            $run.Shell.InvocationStateInfo.State | Should -Be Running
            Remove-Item $rule
            Wait-Until { (& $registered) -eq 2 }
        } finally {
            if ($run) { $run.Shell.Stop(); $run.Shell.Dispose() }
            $proxy.Kill()
            Remove-Item $socket -ErrorAction Ignore
        }
    }

    It 'needs an engine and a session' {
        { Register-CoordContainer -DockerHost unix:///nowhere.sock -ErrorAction Stop } | Should -Throw -ErrorId 'EngineUnreachable,*'
        { Register-CoordContainer -BasePath nowhere -ErrorAction Stop } | Should -Throw -ErrorId 'BadArguments,*'
        Register-CoordContainer -WhatIf
    }
}
