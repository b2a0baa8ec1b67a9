BeforeDiscovery {
    Import-Module "$PSScriptRoot/Kubernetes.psm1" -Force
    $skip = Get-MissingCluster
    if ($skip) { Write-Host "Rollouts are not tested: $skip." }
    $noKubectl = [bool](Get-MissingKubectl)
}
BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"
    Import-Module "$PSScriptRoot/Kubernetes.psm1"
}

Describe 'Rollouts' -Skip:([bool]$skip) {
    BeforeAll {
        $cluster = Start-TestCluster

        # What kubectl says of a rollout: whether it is complete, or failed, or not complete within so many seconds.
        function Get-KubectlVerdict([string] $Name, [string] $Kind = 'deployment', [int] $Seconds = 30) {
            if (Get-MissingKubectl) { return }
            kubectl rollout status "$Kind/$Name" "--timeout=${Seconds}s" 2>&1 | Out-Null
            $LASTEXITCODE -eq 0 ? 'Complete' : 'Failed'
        }
        function Publish-Other([string] $Image, [string] $Name = 'web') {
            Publish-CoordDeployment $Image -Name $Name
        }
    }
    AfterAll { Stop-TestCluster $cluster }
    BeforeEach {
        Publish-CoordDeployment app:1 -Name web -Replicas 3 -Port 80 -Force | Wait-CoordRollout -Timeout 60s | Out-Null
    }

    It 'are waited for, and kubectl agrees that they are complete' {
        $rollout = Publish-Other app:2 | Wait-CoordRollout -Timeout 60s
        $rollout.Status, $rollout.Image, $rollout.Desired, $rollout.Updated, $rollout.Ready, $rollout.Available | Should -Be Complete, 'app:2', 3, 3, 3, 3
        Get-KubectlVerdict web | Should -BeIn $null, 'Complete'
        (Get-CoordRollout web).Status | Should -Be Complete
    }

    It 'tell how they go on, and why pods are not ready' {
        $states = [System.Collections.Generic.List[object]]::new()
        # It is changed when it is watched already: states that pass before are not told.
        Publish-Other app:pending | Wait-CoordRollout -Timeout 60s -Follow | ForEach-Object {
            if ($states.Count -eq 0) { Publish-Other app:not-ready | Out-Null }
            $states.Add($_)
            $_
        } | Where-Object { "$($_.Problem)" -match 'not ready' } | Select-Object -First 1 | Out-Null
        $states.Count | Should -BeGreaterThan 1
        $states[-1].Status | Should -Be Progressing
        $states[-1].Available | Should -Be 3 -Because 'the old pods serve until new ones do'
        "$($states[-1].Problem)" | Should -Match 'not ready'
        Wait-CoordRollout web -Timeout 5s -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'RolloutTimeout,*'
        $failed[0].CategoryInfo.Category | Should -Be OperationTimeout
        "$($failed[0])" | Should -Match 'NotReady: '
        Get-KubectlVerdict web -Seconds 2 | Should -BeIn $null, 'Failed'
    }

    It 'fail at their progress deadline' {
        $manifest = New-CoordManifest web -Image app:pending -Replicas 3
        $manifest.spec.progressDeadlineSeconds = 2
        $failed = { $manifest | Publish-CoordDeployment | Wait-CoordRollout -Timeout 60s -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'RolloutDeadlineExceeded,*'
        Get-KubectlVerdict web -Seconds 2 | Should -BeIn $null, 'Failed'
    }

    It 'fail when containers crash, with their last lines, and are undone' {
        $published = Publish-Other app:crash-loop
        $failed = { $published | Wait-CoordRollout -Timeout 60s -UndoOnFailure -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'RolloutCrashLoop,*'
        "$failed" | Should -Match 'CrashLoopBackOff'
        "$failed" | Should -Match 'The last lines of .*\n.*\S'
        "$failed" | Should -Match 'undone: revision \d+ is rolled out again'
        $failed.ErrorDetails.RecommendedAction | Should -Match 'Get-CoordPodLog'
        $now = Get-CoordRollout web
        $now.Status, $now.Image | Should -Be Complete, 'app:1'
        Get-KubectlVerdict web | Should -BeIn $null, 'Complete'
        # What was undone is published again without a quarrel with oneself.
        (Publish-Other app:2).Action | Should -Be Configured
    }

    It 'fail when an image can''t be pulled, and say which' {
        # Where nothing undoes it, kubectl waits in vain.
        { Publish-Other app:bad-image | Wait-CoordRollout -Timeout 60s -ErrorAction Stop } | Should -Throw -ErrorId 'RolloutBadImage,*'
        Get-KubectlVerdict web -Seconds 2 | Should -BeIn $null, 'Failed'
        Undo-CoordRollout web | Wait-CoordRollout -Timeout 60s | Out-Null
        $failed = { Publish-Other app:bad-image | Wait-CoordRollout -Timeout 60s -UndoOnFailure -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'RolloutBadImage,*'
        "$failed" | Should -Match 'app:bad-image'
        (Get-CoordRollout web).Image | Should -Be 'app:1'
        Get-KubectlVerdict web | Should -BeIn $null, 'Complete'
    }

    It 'say when there is nothing to go back to' {
        $failed = { Publish-CoordDeployment app:crash-loop -Name first -Replicas 1 | Wait-CoordRollout -Timeout 60s -UndoOnFailure -ErrorAction Stop } | Should -Throw -PassThru
        "$failed" | Should -Match 'was not undone: .*no revision to go back to'
    }

    It 'have a history, and go back to any of it' {
        foreach ($tag in 2..3) { Publish-Other "app:$tag" | Wait-CoordRollout -Timeout 60s | Out-Null }
        $history = Get-CoordRollout web -History
        $history[-1].Image, $history[-1].IsCurrent | Should -Be 'app:3', $true
        $first = $history | Where-Object Image -EQ 'app:1'
        $back = Undo-CoordRollout web -ToRevision $first.Revision | Wait-CoordRollout -Timeout 60s
        $back.Image, $back.Status | Should -Be 'app:1', 'Complete'
        (Undo-CoordRollout web | Wait-CoordRollout -Timeout 60s).Image | Should -Be 'app:3'
        { Undo-CoordRollout web -ToRevision 9999 -ErrorAction Stop } | Should -Throw '*no revision 9999*'
        Undo-CoordRollout web -WhatIf
        (Get-CoordRollout web).Image | Should -Be 'app:3'
    }

    It 'are paused and go on' {
        Suspend-CoordRollout web | Out-Null
        (Get-CoordDeployment web).IsPaused | Should -BeTrue
        Publish-Other app:4 | Out-Null
        Wait-Until { (Get-CoordRollout web).Status -eq 'Paused' }
        Wait-CoordRollout web -Timeout 1s -ErrorAction SilentlyContinue -ErrorVariable waited | Should -BeNullOrEmpty
        $waited[0].FullyQualifiedErrorId | Should -BeLike 'RolloutTimeout,*'
        Get-KubectlVerdict web -Seconds 2 | Should -BeIn $null, 'Failed'
        (Get-CoordPod -Deployment web).Image | Select-Object -Unique | Should -Be 'app:1'
        { Undo-CoordRollout web -ErrorAction Stop } | Should -Throw '*paused*'
        (Resume-CoordRollout web | Wait-CoordRollout -Timeout 60s).Image | Should -Be 'app:4'
        Get-KubectlVerdict web | Should -BeIn $null, 'Complete'
    }

    It 'replace all pods when they are restarted' {
        $before = (Get-CoordPod -Deployment web).Name
        Restart-CoordRollout web | Wait-CoordRollout -Timeout 60s | Out-Null
        Get-KubectlVerdict web | Should -BeIn $null, 'Complete'
        Wait-Until { -not ((Get-CoordPod -Deployment web).Name | Where-Object { $_ -in $before }) }
    }

    It 'of stateful sets and daemon sets are waited for, and undone' {
        foreach ($kind in 'StatefulSet', 'DaemonSet') {
            $manifest = @{
                apiVersion = 'apps/v1'; kind = $kind; metadata = @{ name = 'set' }
                spec       = @{
                    selector = @{ matchLabels = @{ app = "set-$kind" } }
                    template = @{ metadata = @{ labels = @{ app = "set-$kind" } }; spec = @{ containers = @(@{ name = 'app'; image = 'app:1' }) } }
                }
            }
            # Not on the nodes of others, which may have ended without a word.
            if ($kind -eq 'DaemonSet') { $manifest.spec.template.spec.nodeSelector = @{ 'kubernetes.io/hostname' = $cluster.Node } }
            if ($kind -eq 'StatefulSet') { $manifest.spec += @{ serviceName = 'set'; replicas = 2; podManagementPolicy = 'Parallel' } }
            $first = $manifest | Publish-CoordDeployment | Wait-CoordRollout -Timeout 60s
            $first.Status, $first.Kind | Should -Be Complete, $kind
            Get-KubectlVerdict set $kind | Should -BeIn $null, 'Complete'
            $manifest.spec.template.spec.containers[0].image = 'app:2'
            ($manifest | Publish-CoordDeployment | Wait-CoordRollout -Timeout 60s).Image | Should -Be 'app:2'
            (Get-CoordRollout set -Kind $kind -History).Image | Should -Be 'app:1', 'app:2'
            (Undo-CoordRollout set -Kind $kind | Wait-CoordRollout -Timeout 60s).Image | Should -Be 'app:1'
            { Suspend-CoordRollout set -Kind $kind -ErrorAction Stop } | Should -Throw -ErrorId 'RolloutNotPausable,*'
        }
    }

    It 'are waited for together' {
        $many = 1..5 | ForEach-Object { Publish-CoordDeployment app:1 -Name "many-$_" -Replicas 1 }
        $rollouts = $many | Wait-CoordRollout -Timeout 60s
        $rollouts.Name | Should -Be $many.Name
        $rollouts.Status | Select-Object -Unique | Should -Be Complete
    }

    It 'are waited for while the API server is away' {
        $through = Start-TestProxy $cluster
        try {
            $published = Publish-CoordDeployment app:not-ready -Name web -KubeConfig $through.KubeConfig
            $published.KubeConfig | Should -Be $through.KubeConfig
            $waiting = Start-Background { $Session | Wait-CoordRollout -Timeout 60s -Verbose } $published
            Wait-Until { $waiting.Shell.Streams.Verbose.Message -match 'NotReady' }
            $through.Proxy.Stop()
            Publish-Other app:5 | Wait-CoordRollout -Timeout 60s | Out-Null
            Start-Sleep -Milliseconds 500
            $waiting.Async.IsCompleted | Should -BeFalse
            $through.Proxy.Start()
            $waiting.Async.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
            $waiting.Shell.Streams.Error | Should -BeNullOrEmpty
            $waiting.Output[-1].Image, $waiting.Output[-1].Status | Should -Be 'app:5', 'Complete'
            $waiting.Shell.Dispose()
        } finally {
            $through.Proxy.Dispose()
        }
    }

    It 'that are deleted meanwhile end the wait, and so does Ctrl+C' {
        Publish-CoordDeployment app:not-ready -Name doomed -Replicas 1 | Out-Null
        $waiting = Start-Background { Wait-CoordRollout doomed -Verbose -ErrorAction Continue } $null
        Wait-Until { $waiting.Shell.Streams.Verbose.Message -match 'NotReady' }
        Remove-CoordDeployment doomed -Confirm:$false
        $waiting.Async.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
        $waiting.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'RolloutGone,*'
        $waiting.Shell.Dispose()
        Publish-Other app:not-ready | Out-Null
        $waiting = Start-Background { Wait-CoordRollout web -Verbose } $null
        Wait-Until { $waiting.Shell.Streams.Verbose.Message -match 'NotReady' }
        Measure-Time { $waiting.Shell.Stop() } | Should -BeLessThan 2
        $waiting.Shell.Dispose()
    }

    It 'that are not there are an error' {
        { Wait-CoordRollout none -ErrorAction Stop } | Should -Throw -ErrorId 'KubernetesNotFound,*'
        { Get-CoordRollout none -ErrorAction Stop } | Should -Throw -ErrorId 'KubernetesNotFound,*'
        Get-CoordRollout any -Kind Service | Should -BeNullOrEmpty -Because 'other kinds are passed over'
    }
}
