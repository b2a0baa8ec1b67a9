BeforeDiscovery {
    Import-Module "$PSScriptRoot/Kubernetes.psm1" -Force
    $peers = $global:CoordTestPeers
    $skip = Get-MissingCluster
    if ($skip) { Write-Host "Gated rollouts are not tested: $skip." }
    $noEngine = [bool]$skip -or -not $env:COORDPS_TEST_DOCKER_HOST -or -not $env:COORDPS_TEST_REGISTRY
    if ($noEngine) { Write-Host 'The way from a Dockerfile is not tested: COORDPS_TEST_DOCKER_HOST and COORDPS_TEST_REGISTRY name no engine.' }
}
BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"
    Import-Module "$PSScriptRoot/Kubernetes.psm1"
}

foreach ($peer in $peers) {
    Describe "Gated rollouts on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip -or [bool]$skip) {
        BeforeAll {
            $cluster = Start-TestCluster
            $session = Connect-TestPeer $_
            $other = Connect-Coord $session.ConnectionString
            $null = Get-CoordSession | Out-Null
            $PSDefaultParameterValues = @{ '*-ZNode*:Session' = $session; '*-CoordConfig:Session' = $session; 'Publish-CoordDeployment:Session' = $session }
            $gate = @{ Name = 'app'; Replicas = 2; Port = 8080; LockPath = '/locks/deploy/app'; ConfigPath = '/app/config'; Timeout = '30s'; ErrorAction = 'Stop' }

            # All that a deployment must leave as it was: the objects with whose each field is, and the configuration.
            function Get-Everything {
                $objects = foreach ($kind in 'deployment', 'service') {
                    $json = kubectl get $kind app -o json --ignore-not-found --show-managed-fields | Out-String | ConvertFrom-Json -AsHashtable
                    if ($json) {
                        $json.Remove('status')
                        'resourceVersion', 'generation' | ForEach-Object { $json.metadata.Remove($_) }
                        if ($json.metadata.annotations) { $json.metadata.annotations.Remove('deployment.kubernetes.io/revision') }
                        # What controllers say of what they see changes with it.
                        $json.metadata.managedFields = @($json.metadata.managedFields | Where-Object manager -NE kube-controller-manager)
                        $json | ConvertTo-Json -Depth 50
                    }
                }
                @{
                    Objects = $objects -join "`n"
                    Config  = (Test-ZNode /app/config) ? (Export-CoordConfig /app/config -Session $session) : 'none'
                }
            }
            function Should-BeAsBefore($Before) {
                Get-CoordLock /locks/deploy/app -Holder -Session $session | Should -BeNullOrEmpty -Because 'the lock is given back whatever happens'
                $now = Get-Everything
                $now.Config | Should -Be $Before.Config
                $now.Objects | Should -Be $Before.Objects
            }
            function Get-Record { (Get-ZNode "/deployments/$($cluster.Namespace)/app" -As Json).Value }
            # Registers instances when the pods of an image are there, as they would themselves.
            function Start-Registering([string] $Image, [int] $Count) {
                Start-Background ([scriptblock]::Create(@"
                    `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                    while (@(Get-CoordPod -Selector app=app | Where-Object { `$_.Image -eq '$Image' -and `$_.IsReady }).Count -lt $Count) { Start-Sleep -Milliseconds 50 }
                    1..$Count | ForEach-Object { Register-CoordService app (8000 + `$_) -Address 10.1.0.1 -Session `$Session }
"@)) $other
            }
        }
        AfterAll {
            Disconnect-Coord $other
            Disconnect-TestPeer $session
            Stop-TestCluster $cluster
        }

        It 'fail before anything, and leave nothing, when the lock is not to be had' {
            $held = Lock-Coord /locks/deploy/app -Session $other
            try {
                { Publish-CoordDeployment app:1 @gate -Config @{ color = 'blue' } -LockTimeout 200ms } | Should -Throw -ErrorId 'LockTimeout,*'
            } finally {
                $held | Unlock-Coord
            }
            Test-ZNode /app | Should -BeFalse
            Get-CoordDeployment app -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        }

        It 'leave nothing of a first one that fails' {
            { Publish-CoordDeployment app:crash-loop @gate -Config @{ color = 'blue' } } | Should -Throw -ErrorId 'RolloutCrashLoop,*'
            Test-ZNode /app | Should -BeFalse -Because 'it was not there before'
            Wait-Until { -not (Get-CoordDeployment app -ErrorAction SilentlyContinue) }
            (Get-Record).result | Should -Be RolledBack
            Get-CoordLock /locks/deploy/app -Holder -Session $session | Should -BeNullOrEmpty
        }

        It 'publish configuration and objects, and record who deployed what' {
            $published = Publish-CoordDeployment app:1 @gate -Config @{ color = 'blue'; db = @{ host = 'db-1' } }
            $published.Action | Should -Be Created, Created
            (Get-CoordConfig /app/config).db.host | Should -Be 'db-1'
            (Get-CoordRollout app).Status | Should -Be Complete
            $record = Get-Record
            $record.result, $record.name, $record.revision, $record.images, $record.configPath | Should -Be Succeeded, app, 1, 'app:1', '/app/config'
            $record.who, $record.host | Should -Be ([Environment]::UserName), ([Environment]::MachineName)
            [Convert]::ToInt64($record.configZxid, 16) | Should -BeGreaterThan 0
            $record.fencingToken | Should -BeGreaterThan 0
            $record.history[0].result | Should -Be RolledBack
            # The next one binds: it is complete already.
            ($published | Wait-CoordRollout -Timeout 30s).Status | Should -Be Complete
        }

        It 'write the configuration and the record of the rollout in one transaction' {
            Publish-CoordDeployment app:2 @gate -Config @{ color = 'green' } | Out-Null
            $config = Get-ZNode /app/config/color
            (Get-Record).configZxid | Should -Be ('0x{0:x}' -f $config.Mzxid)
            (Get-Record).revision | Should -Be ((Get-CoordRollout app).Revision)
            (Get-Record).history.Count | Should -Be 2
        }

        It 'wait until the registry agrees with Kubernetes, for instances of the new pods' {
            # An instance of the old pods does not count.
            Register-CoordService app 7999 -Address 10.1.0.1 -Id old -Session $other | Out-Null
            $registering = Start-Registering app:3 2
            Publish-CoordDeployment app:3 @gate -WaitForService app -Minimum 2 | Out-Null
            @(Get-CoordService app -Session $session | Where-Object Id -NE old).Count | Should -Be 2
            (Get-Record).result | Should -Be Succeeded
            $registering.Shell.Dispose()
        }

        Context 'that fail' {
            BeforeEach { $before = Get-Everything }

            It 'change nothing when the server refuses it' {
                $failed = { Publish-CoordDeployment 'app:4 not an image' @gate -Cpu 1 -Label @{ 'not a label!' = 'x' } -Config @{ color = 'red' } } | Should -Throw -PassThru
                $failed.FullyQualifiedErrorId | Should -BeLike 'KubernetesInvalid,*'
                "$failed" | Should -Match 'Nothing was changed'
                Should-BeAsBefore $before
                (Get-Record).result | Should -Be Succeeded -Because 'that is about the last deployment that began'
            }

            It 'change nothing when the settings may not be written' {
                $acl = Get-ZNodeAcl /app/config/color
                Set-ZNodeAcl /app/config/color 'world:anyone:r' -Confirm:$false | Out-Null
                try {
                    $failed = { Publish-CoordDeployment app:4 @gate -Config @{ color = 'red' } } | Should -Throw -ErrorId 'NoAuth,*' -PassThru
                    "$failed" | Should -Match 'Nothing was changed'
                    Should-BeAsBefore $before
                    (Get-CoordRollout app).Image | Should -Be 'app:3'
                } finally {
                    # Who may not administer it any more makes it anew.
                    Remove-ZNode /app/config/color -Recurse -Force
                    Set-CoordConfig /app/config -Key color -Value green | Out-Null
                }
            }

            It 'change nothing when the record may not be written' {
                $record = "/deployments/$($cluster.Namespace)/app"
                $kept = Get-Record
                Set-ZNodeAcl $record 'world:anyone:rd' -Confirm:$false | Out-Null
                try {
                    foreach ($settings in @{ Config = @{ color = 'red' } }, @{}) {
                        $failed = { Publish-CoordDeployment app:4 @gate @settings } | Should -Throw -ErrorId 'NoAuth,*' -PassThru
                        "$failed" | Should -Match 'while writing the configuration and the record'
                        "$failed" | Should -Match 'Nothing was changed'
                        Should-BeAsBefore $before
                        (Get-Record).started | Should -Be $kept.started
                    }
                    # What would be above a new configuration is not left behind.
                    $new = @{} + $gate
                    $new.ConfigPath = '/not/there/yet'
                    { Publish-CoordDeployment app:4 @new -Config @{ color = 'red' } } | Should -Throw -ErrorId 'NoAuth,*'
                    Test-ZNode /not | Should -BeFalse
                } finally {
                    Remove-ZNode $record -Recurse -Force
                    New-ZNode $record -Data ($kept | ConvertTo-Json -Depth 20) | Out-Null
                }
            }

            It 'are taken back when the record may not be written at the end' {
                $record = "/deployments/$($cluster.Namespace)/app"
                $running = Start-Background ([scriptblock]::Create(@"
                    `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                    Publish-CoordDeployment app:4 -Name app -Replicas 2 -Port 8080 -LockPath /locks/deploy/app -ConfigPath /app/config -Config @{ color = 'red' } -WaitForService late -Verbose -Session `$Session
"@)) $session
                Wait-Until { $running.Shell.Streams.Verbose.Message -match 'instances of service late' } -Seconds 60
                Set-ZNodeAcl $record 'world:anyone:rd' -Confirm:$false | Out-Null
                try {
                    Register-CoordService late 9000 -Address 10.1.0.1 -Session $other | Out-Null
                    $running.Async.AsyncWaitHandle.WaitOne(60000) | Should -BeTrue
                    "$($running.Shell.Streams.Error[0])" | Should -Match 'while recording it.*\n*.*not all taken back.*configuration /app/config was put back; record .* NOT put back'
                    Should-BeAsBefore $before
                } finally {
                    $running.Shell.Dispose()
                    Remove-ZNode $record -Recurse -Force
                    Wait-CoordRollout app -Timeout 60s | Out-Null
                }
            }

            It 'end at the first of several rollouts that fails' {
                $manifests = @(New-CoordManifest slow -Image app:not-ready) + @(New-CoordManifest broken -Image app:crash-loop)
                $took = Measure-Command {
                    $failed = { $manifests | Publish-CoordDeployment -LockPath /locks/deploy/app -Timeout 120s -ErrorAction Stop } | Should -Throw -ErrorId 'RolloutCrashLoop,*' -PassThru
                }
                $took.TotalSeconds | Should -BeLessThan 60
                "$failed" | Should -Match 'Deployment.apps/slow .* was removed'
                Should-BeAsBefore $before
            }

            It 'are taken back when an object can''t be applied after others were' {
                # Each alone the server would take; the second it will not, as the first has the address.
                $twice = foreach ($name in 'one', 'two') {
                    @{ apiVersion = 'v1'; kind = 'Service'; metadata = @{ name = "twice-$name" }; spec = @{ clusterIP = '10.0.0.211'; ports = @(@{ port = 80; protocol = 'TCP' }) } }
                }
                $common = @{} + $gate
                'Name', 'Replicas', 'Port' | ForEach-Object { $common.Remove($_) }
                $manifests = @(New-CoordManifest app -Image app:4 -Replicas 2 -Port 8080) + $twice
                $failed = { $manifests | Publish-CoordDeployment @common -Config @{ color = 'red' } } | Should -Throw -PassThru
                "$failed" | Should -Match 'applying Service/twice-two'
                "$failed" | Should -Match 'Service/twice-one .* was removed'
                Should-BeAsBefore $before
                (Get-Record).result | Should -Be RolledBack
            }

            It 'are taken back when the rollout fails' {
                $failed = { Publish-CoordDeployment app:crash-loop @gate -Config @{ color = 'red'; new = @{ setting = 1 } } } | Should -Throw -PassThru
                $failed.FullyQualifiedErrorId | Should -BeLike 'RolloutCrashLoop,*'
                "$failed" | Should -Match 'It was taken back: Deployment.* was put back; configuration /app/config was put back'
                Should-BeAsBefore $before
                $record = Get-Record
                $record.result, $record.images | Should -Be RolledBack, 'app:crash-loop'
                $record.error | Should -Match 'CrashLoopBackOff'
                Wait-Until { (Get-CoordRollout app).Status -eq 'Complete' } -Seconds 30
                (Get-CoordRollout app).Image | Should -Be 'app:3'
            }

            It 'are taken back when the registry does not agree' {
                $short = @{} + $gate
                # The rollout takes its part of it.
                $short.Timeout = '12s'
                $failed = { Publish-CoordDeployment app:4 @short -Config @{ color = 'red' } -WaitForService app -Minimum 2 } | Should -Throw -PassThru
                $failed.FullyQualifiedErrorId | Should -BeLike 'ServiceTimeout,*'
                "$failed" | Should -Match '0 of 2 instances of service app .* and \d+ from before this rollout'
                Should-BeAsBefore $before
            }

            It 'are taken back when the lock is lost, and say so' {
                $running = Start-Background ([scriptblock]::Create(@"
                    `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                    Publish-CoordDeployment app:not-ready -Name app -Replicas 2 -Port 8080 -LockPath /locks/deploy/app -ConfigPath /app/config -Config @{ color = 'red' } -Verbose -Session `$Session
"@)) $session
                Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Waiting for .*replicas' }
                # The record of another that takes the lock for free, and writes times in its own way.
                $began = Get-Record
                $when = $began.started
                $began.started = $when.ToString('yyyy-MM-ddTHH:mm:ss.fffffffZ')
                $record = [ordered]@{ name = 'app'; who = 'another'; result = 'Succeeded'; history = @($began) }
                Set-ZNode "/deployments/$($cluster.Namespace)/app" -Data ($record | ConvertTo-Json -Depth 20) | Out-Null
                $holder = Get-CoordLock /locks/deploy/app -Holder -Session $session
                Remove-ZNode $holder.ZNode
                $running.Async.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
                $failed = $running.Shell.Streams.Error[0]
                "$failed" | Should -Match 'could no longer be relied on'
                "$failed" | Should -Match 'It was taken back'
                $running.Shell.Dispose()
                Should-BeAsBefore $before
                (Get-Record).who | Should -Be another
                (Get-Record).history[0].result, (Get-Record).history[0].started | Should -Be RolledBack, $when
            }

            It 'leave an object that someone else has changed meanwhile, and say so' {
                $running = Start-Background ([scriptblock]::Create(@"
                    `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                    Publish-CoordDeployment app:not-ready -Name app -Replicas 2 -Port 81:8080 -LockPath /locks/deploy/app -Verbose -Session `$Session
"@)) $session
                Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Waiting for .*replicas' }
                kubectl patch service app --type merge -p '{ "spec": { "sessionAffinity": "ClientIP" } }' | Out-Null
                Remove-ZNode (Get-CoordLock /locks/deploy/app -Holder -Session $session).ZNode
                $running.Async.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
                "$($running.Shell.Streams.Error[0])" | Should -Match 'Service.*was left: someone else has changed it since'
                $running.Shell.Dispose()
                $service = kubectl get service app -o json | ConvertFrom-Json
                $service.spec.sessionAffinity, $service.spec.ports[0].port | Should -Be ClientIP, 81
                (Get-CoordDeployment app).Image | Should -Be 'app:3'
                Publish-CoordDeployment app:3 @gate -Force | Out-Null
                kubectl patch service app --type merge -p '{ "spec": { "sessionAffinity": "None" } }' | Out-Null
            }

            It 'are taken back on Ctrl+C' {
                $running = Start-Background ([scriptblock]::Create(@"
                    `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                    Publish-CoordDeployment app:not-ready -Name app -Replicas 2 -Port 8080 -LockPath /locks/deploy/app -ConfigPath /app/config -Config @{ color = 'red' } -Verbose -Session `$Session
"@)) $session
                Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Waiting for .*replicas' }
                Measure-Time { $running.Shell.Stop() } | Should -BeLessThan 10
                $running.Shell.Dispose()
                Should-BeAsBefore $before
                (Get-Record).result | Should -Be RolledBack
            }

            It 'are taken back though the API server is away for a while' {
                $through = Start-TestProxy $cluster
                try {
                    $running = Start-Background ([scriptblock]::Create(@"
                        Publish-CoordDeployment app:not-ready -Name app -Replicas 2 -Port 8080 -LockPath /locks/deploy/app -ConfigPath /app/config -Config @{ color = 'red' } -Timeout 4s -Verbose -Session `$Session -KubeConfig '$($through.KubeConfig)'
"@)) $session
                    Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Waiting for .*replicas' }
                    $through.Proxy.Stop()
                    Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Taking back' } -Seconds 30
                    Start-Sleep -Seconds 1
                    $through.Proxy.Start()
                    $running.Async.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
                    $failed = $running.Shell.Streams.Error[0]
                    "$failed" | Should -Match 'It was taken back: Deployment.* was put back; configuration /app/config was put back'
                    $running.Shell.Dispose()
                    Should-BeAsBefore $before
                } finally {
                    $through.Proxy.Dispose()
                }
            }

            It 'keep what someone else has changed in the configuration meanwhile, and say so' {
                $running = Start-Background ([scriptblock]::Create(@"
                    `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                    Publish-CoordDeployment app:not-ready -Name app -Replicas 2 -Port 8080 -LockPath /locks/deploy/app -ConfigPath /app/config -Config @{ color = 'red'; size = 1 } -Timeout 8s -Verbose -Session `$Session
"@)) $session
                Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Waiting for .*replicas' }
                Set-CoordConfig /app/config -Key color -Value theirs -Session $other | Out-Null
                $running.Async.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
                $failed = $running.Shell.Streams.Error[0]
                "$failed" | Should -Match 'but for what someone else has changed since: color'
                $running.Shell.Dispose()
                (Get-CoordConfig /app/config).color | Should -Be theirs
                (Get-CoordConfig /app/config).size | Should -BeNullOrEmpty
            }
        }

        It 'show with -WhatIf what they would do, and do nothing' {
            $before = Get-Everything
            Publish-CoordDeployment app:9 @gate -Config @{ color = 'red' } -WhatIf
            Should-BeAsBefore $before
        }

        It 'enter a lock that the runspace holds already' {
            $session.GetType() | Out-Null
            $done = Use-CoordLock /locks/deploy/app { Publish-CoordDeployment app:5 @gate } -Session $session
            $done.Name | Should -Be app, app
            Get-CoordLock /locks/deploy/app -Holder -Session $session | Should -BeNullOrEmpty
        }

        It 'are refused with arguments that make no sense together' {
            { Publish-CoordDeployment app:1 -Config @{ a = 1 } -ErrorAction Stop } | Should -Throw -ErrorId 'BadArguments,*'
            { Publish-CoordDeployment app:1 @gate -Prune -Selector app=app } | Should -Throw -ErrorId 'BadArguments,*'
            { Publish-CoordDeployment app:1 -Minimum 3 -ErrorAction Stop } | Should -Throw -ErrorId 'BadArguments,*'
        }
    }

    Describe "ConfigMaps of configurations on $($peer.Name)" -ForEach $peer -Skip:([bool]$peer.Skip -or [bool]$skip) {
        BeforeAll {
            $cluster = Start-TestCluster
            $session = Connect-TestPeer $_
            Set-CoordConfig /app/config @{ db = @{ host = 'db-1' }; size = 3 } -Session $session | Out-Null
            function Get-Data { (kubectl get configmap app-config -o json --ignore-not-found | Out-String | ConvertFrom-Json).data }
        }
        AfterAll {
            Disconnect-TestPeer $session
            Stop-TestCluster $cluster
        }

        It 'are exported, published and imported' {
            $text = Export-CoordConfig /app/config -As ConfigMap -Session $session
            ($text | Publish-CoordDeployment).Action | Should -Be Created
            (Get-Data).DB__HOST | Should -Be 'db-1'
            Export-CoordConfig /app/config "$TestDrive/config.yaml" -As ConfigMap -Name other -Namespace ns -Session $session | Out-Null
            Get-Content -Raw "$TestDrive/config.yaml" | Should -Match 'name: other\s+namespace: ns'
            Import-CoordConfig /imported "$TestDrive/config.yaml" -As ConfigMap -Session $session | Out-Null
            (Get-CoordConfig /imported -Session $session).db.host | Should -Be 'db-1'
        }

        It 'are kept equal, whoever changes either' {
            $running = Start-Background ([scriptblock]::Create(@"
                `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                Sync-CoordConfigMap /app/config -Debounce 20ms -Session `$Session
"@)) $session
            Wait-Until { $running.Output.Count -ge 1 }
            Set-CoordConfig /app/config -Key db/host -Value db-2 -Session $session | Out-Null
            Wait-Until { (Get-Data).DB__HOST -eq 'db-2' }
            kubectl patch configmap app-config --type merge -p '{ "data": { "DB__HOST": "mine", "EXTRA": "1" } }' | Out-Null
            Wait-Until { $data = Get-Data; $data.DB__HOST -eq 'db-2' -and -not $data.EXTRA }
            kubectl delete configmap app-config --wait=false | Out-Null
            Wait-Until { (Get-Data).SIZE -eq '3' }
            Measure-Time { $running.Shell.Stop() } | Should -BeLessThan 2
            # Not before: the output of a pipeline that runs is waited for.
            $running.Output.Action | Should -Contain Configured
            $running.Shell.Dispose()
            (Sync-CoordConfigMap /app/config -Count 1 -Session $session).Action | Should -Be Unchanged
        }

        It 'are kept equal though the API server is away for a while' {
            $through = Start-TestProxy $cluster
            try {
                $running = Start-Background ([scriptblock]::Create("Sync-CoordConfigMap /app/config -Debounce 20ms -KubeConfig '$($through.KubeConfig)' -Session `$Session")) $session
                Wait-Until { $running.Output.Count -ge 1 }
                $through.Proxy.Stop()
                Set-CoordConfig /app/config -Key db/host -Value db-away -Session $session | Out-Null
                Start-Sleep -Seconds 1
                $running.Async.IsCompleted | Should -BeFalse
                $through.Proxy.Start()
                Wait-Until { (Get-Data).DB__HOST -eq 'db-away' } -Seconds 30
                $running.Shell.Stop()
                $running.Shell.Dispose()
            } finally {
                $through.Proxy.Dispose()
            }
        }
    }
}

Describe 'Gated rollouts of an ensemble that dies' -Skip:([bool]$skip) {
    BeforeAll {
        $cluster = Start-TestCluster
        $port = Get-FreePort
        function Start-Mortal { Start-CoordEnsemble -Name mortal -Port $port -DataPath "$TestDrive/mortal" -ErrorAction Stop }
        Start-Mortal | Out-Null
        $session = Connect-Coord "127.0.0.1:$port" -ErrorAction Stop
        $gate = @{ Name = 'app'; Replicas = 1; Port = 8080; ConfigPath = '/app/config'; Session = $session; ErrorAction = 'Stop' }
        Publish-CoordDeployment app:1 @gate -Config @{ color = 'blue' } | Out-Null
        function Start-Doomed([string] $Rest) {
            $running = Start-Background ([scriptblock]::Create(@"
                `$env:KUBECONFIG = '$($cluster.KubeConfig)'
                Publish-CoordDeployment app:not-ready -Name app -Replicas 1 -Port 8080 -ConfigPath /app/config -Config @{ color = 'red' } $Rest -Verbose -Session `$Session
"@)) $session
            Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Waiting for .*replicas' } -Seconds 30
            Stop-CoordEnsemble mortal
            $running
        }
        function Get-State {
            $fresh = Connect-Coord "127.0.0.1:$port" -ErrorAction Stop
            (Get-CoordDeployment app).Image
            (Get-CoordConfig /app/config -Session $fresh).color
            (Get-ZNode "/deployments/$($cluster.Namespace)/app" -As Json -Session $fresh).Value.result
            Disconnect-Coord $fresh
        }
    }
    AfterAll {
        Disconnect-Coord $session
        Stop-CoordEnsemble mortal -ErrorAction Ignore
        Stop-TestCluster $cluster
    }

    It 'are taken back as soon as the lock can''t be relied on, and the configuration when it is back' {
        $running = Start-Doomed '-LockPath /locks/app'
        Wait-Until { $running.Shell.Streams.Verbose.Message -match 'Taking back' } -Seconds 60
        # The cluster does not wait for the ensemble.
        Wait-Until { (Get-CoordDeployment app).Image -eq 'app:1' } -Seconds 30
        Start-Mortal | Out-Null
        $running.Async.AsyncWaitHandle.WaitOne(60000) | Should -BeTrue
        "$($running.Shell.Streams.Error[0])" | Should -Match 'could no longer be relied on(.|\n)*It was taken back: Deployment.* was put back; configuration /app/config was put back'
        $running.Shell.Dispose()
        Get-State | Should -Be 'app:1', blue, RolledBack
    }

    It 'go on without a lock when it is back in time' {
        $running = Start-Doomed '-Timeout 10s'
        Start-Mortal | Out-Null
        $running.Async.AsyncWaitHandle.WaitOne(60000) | Should -BeTrue
        $running.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'RolloutTimeout,*'
        $running.Shell.Dispose()
        Get-State | Should -Be 'app:1', blue, RolledBack
    }

    # It takes a minute.
    It 'say what is not put back when it stays away' -Skip:(-not $env:COORDPS_TEST_LONG) {
        $running = Start-Doomed '-LockPath /locks/app'
        $running.Async.AsyncWaitHandle.WaitOne(120000) | Should -BeTrue
        "$($running.Shell.Streams.Error[0])" | Should -Match 'It was not all taken back: Deployment.* was put back; configuration /app/config was NOT put back'
        $running.Shell.Dispose()
        Start-Mortal | Out-Null
        Get-State | Should -Be 'app:1', red, InProgress
    }
}

Describe 'The way from a Dockerfile' -Skip:$noEngine {
    BeforeAll {
        $cluster = Start-TestCluster
        $docker = $env:DOCKER_HOST
        $env:DOCKER_HOST = $env:COORDPS_TEST_DOCKER_HOST
        $session = Connect-Coord $global:CoordTestPeers[0].ConnectionString
        $tag = "$env:COORDPS_TEST_REGISTRY/rollout-line:$([guid]::NewGuid().ToString('n').Substring(0, 8))"
        $context = (New-Item -ItemType Directory "$TestDrive/context").FullName
        Set-Content "$context/Dockerfile" "FROM $env:COORDPS_TEST_REGISTRY/busybox:1`nCOPY text /text`nCMD [`"cat`", `"/text`"]"
        Set-Content "$context/text" 'from a Dockerfile'
    }
    AfterAll {
        Remove-CoordImage $tag -Confirm:$false -ErrorAction Ignore
        Remove-ZNode /locks/line -Recurse -Force -Session $session -ErrorAction Ignore
        Disconnect-Coord $session
        $env:DOCKER_HOST = $docker
        Stop-TestCluster $cluster
    }

    It 'is one line, with each object carrying what the next needs, pinned by digest' {
        $rollout = Use-CoordLock /locks/line {
            Build-CoordImage $context -Tag $tag | Push-CoordImage | Publish-CoordDeployment -Name app -Replicas 3 -Port 8080 | Wait-CoordRollout -Timeout 1m -UndoOnFailure
        }
        $rollout.Status, $rollout.Ready | Should -Be Complete, 3
        $rollout.Image | Should -BeLike "$($tag -replace ':[^:/]+$')@sha256:*"
    }
}
