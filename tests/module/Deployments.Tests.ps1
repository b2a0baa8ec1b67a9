BeforeDiscovery {
    Import-Module "$PSScriptRoot/Kubernetes.psm1" -Force
    $skip = Get-MissingCluster
    if ($skip) { Write-Host "Deployments are not tested: $skip." }
    $noKubectl = [bool](Get-MissingKubectl)
}
BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"
    Import-Module "$PSScriptRoot/Kubernetes.psm1"
}

Describe 'Publish-CoordDeployment' -Skip:([bool]$skip) {
    BeforeAll { $cluster = Start-TestCluster }
    AfterAll { Stop-TestCluster $cluster }

    Context 'the reference service' {
        BeforeAll {
            $service = @{
                Name = 'my-service'; Image = '127.0.0.1:5000/app:1'; Replicas = 3; Cpu = '50m', '100m'; Memory = '128Mi', '256Mi'; Port = '80:8080'
            }
            $made = New-CoordManifest @service
        }

        It 'is created, and as wanted the second time' {
            $first = $made | Publish-CoordDeployment
            $first.Kind | Should -Be Deployment, Service
            $first.Action | Should -Be Created, Created
            $first[0].Revision | Should -Be 1
            $first[0].Image | Should -Be '127.0.0.1:5000/app:1'
            $first[0].Namespace | Should -Be $cluster.Namespace
            ($made | Publish-CoordDeployment).Action | Should -Be Unchanged, Unchanged
            # Made by the parameters it is the same, in the order of applying.
            (Publish-CoordDeployment @service).Action | Should -Be Unchanged, Unchanged
        }

        It 'leaves kubectl diff nothing to change' -Skip:$noKubectl {
            $made.ToYaml() | Set-Content "$TestDrive/my-service.yaml"
            kubectl diff -f "$TestDrive/my-service.yaml" | Should -BeNullOrEmpty
            $LASTEXITCODE | Should -Be 0
        }

        It 'is as it was asked for' {
            $live = (Get-CoordDeployment my-service).Manifest
            $live.spec.replicas | Should -Be 3
            $resources = $live.spec.template.spec.containers[0].resources
            $resources.limits.cpu, $resources.limits.memory, $resources.requests.cpu, $resources.requests.memory | Should -Be 100m, 256Mi, 50m, 128Mi
            $live.spec.template.spec.containers[0].ports[0].containerPort | Should -Be 8080
        }

        It 'is changed, and only what is changed' {
            # The number can be told when the cluster has given the one before.
            Wait-CoordRollout my-service -Timeout 60s | Out-Null
            $made[0].spec.template.spec.containers[0].image = '127.0.0.1:5000/app:2'
            $second = $made | Publish-CoordDeployment
            $second.Action | Should -Be Configured, Unchanged
            $second[0].Revision | Should -Be 2
            $second[0].Generation | Should -BeGreaterThan 1
        }

        It 'has the revision that was told, or none was told' {
            $last = 1..5 | ForEach-Object { New-CoordManifest fast -Image "127.0.0.1:5000/app:$_" | Publish-CoordDeployment } | Where-Object Kind -EQ Deployment | Select-Object -Last 1
            $revision = ($last | Wait-CoordRollout -Timeout 60s).Revision
            $last.Revision | Should -BeIn $null, $revision
        }

        It 'gets another image, and keeps all else' {
            $third = [pscustomobject]@{ Image = '127.0.0.1:5000/app:3'; Tag = '3' } | Publish-CoordDeployment -Name my-service
            $third.Action | Should -Be 'Configured'
            $live = (Get-CoordDeployment my-service).Manifest
            $live.spec.replicas | Should -Be 3
            $live.spec.template.spec.containers[0].image | Should -Be '127.0.0.1:5000/app:3'
            $live.spec.template.spec.containers[0].resources.limits.cpu | Should -Be '100m'
            ($made | Publish-CoordDeployment).Action | Should -Be Configured, Unchanged
        }
    }

    It 'shows with -WhatIf what the server would change, and changes nothing' {
        Publish-CoordDeployment app:1 -Name whatif -Replicas 2 | Out-Null
        $start = @{ FilePath = (Get-Process -Id $PID).Path; RedirectStandardOutput = "$TestDrive/whatif"; Wait = $true }
        Start-Process @start -ArgumentList '-NoProfile', '-Command', "Import-Module '$global:CoordTestModulePath'; Publish-CoordDeployment app:2 -Name whatif -Replicas 5 -WhatIf; Publish-CoordDeployment app:1 -Name none -Port 80 -WhatIf"
        $said = Get-Content -Raw "$TestDrive/whatif"
        $said | Should -Match '-\s+replicas: 2'
        $said | Should -Match '\+\s+replicas: 5'
        $said | Should -Match '\+\s+- image: app:2|\+\s+image: app:2'
        $said | Should -Match 'Service/none.* would be created'
        (Get-CoordDeployment whatif).Desired | Should -Be 2
        Get-CoordDeployment none -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'takes YAML, files and folders, namespaces first' {
        $other = "$($cluster.Namespace)-b"
        $folder = (New-Item -ItemType Directory "$TestDrive/manifests").FullName
        (New-CoordManifest in-folder -Image app:1 -Port 80 -Namespace $other).ToYaml() | Set-Content "$folder/1-app.yaml"
        "apiVersion: v1`nkind: Namespace`nmetadata:`n  name: $other" | Set-Content "$folder/2-namespace.yml"
        'no manifest' | Set-Content "$folder/readme.txt"
        try {
            $published = Publish-CoordDeployment $folder
            $published.Kind | Should -Be Namespace, Service, Deployment
            $published.Action | Should -Be Created, Created, Created
            $published.Namespace | Should -Be $null, $other, $other
            (Get-Item "$folder/1-app.yaml" | Publish-CoordDeployment).Action | Should -Be Unchanged, Unchanged
            (Publish-CoordDeployment -Path "$folder/*.yaml").Action | Should -Be Unchanged, Unchanged
            (New-CoordManifest in-text -Image app:1 -AsYaml | Publish-CoordDeployment).Action | Should -Be Created
        } finally {
            Remove-TestNamespace $other
        }
    }

    It 'takes objects of any kind, as ConvertFrom-Json and hashtables make them' {
        $json = '{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "any" }, "data": { "a": "1" } }'
        ($json | ConvertFrom-Json | Publish-CoordDeployment).Action | Should -Be Created
        ($json | ConvertFrom-Json -AsHashtable | Publish-CoordDeployment).Action | Should -Be Unchanged
        ($json -replace '"1"', '"2"' | ConvertFrom-Json | Publish-CoordDeployment).Action | Should -Be Configured
    }

    It 'chooses versions that the server serves' {
        $published = New-CoordManifest scaled -Image app:1 -Cpu 100m -MaxReplicas 3 | Publish-CoordDeployment
        $published.Action | Should -Be Created, Created
        $published[1].ApiVersion | Should -BeLike 'autoscaling/*'
        (New-CoordManifest scaled -Image app:1 -Cpu 100m -MaxReplicas 3 | Publish-CoordDeployment).Action | Should -Be Unchanged, Unchanged
    }

    It 'takes the manifests of ensembles' {
        # As a trial of the server: volumes that are claimed stay.
        foreach ($distribution in 'Apache', 'CoordPS') {
            $made = New-CoordManifest zk zookeeper:3.9 -Kind Ensemble -Distribution $distribution -Memory 1Gi -Cpu 250m, 1
            $made | Publish-CoordDeployment -WhatIf -ErrorAction Stop
        }
        Get-CoordDeployment zk -Kind StatefulSet -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'names the fields that another manager has, and takes them over with -Force' {
        Publish-CoordDeployment app:1 -Name fields -Replicas 2 -FieldManager other | Out-Null
        $failed = Publish-CoordDeployment app:2 -Name fields -Replicas 3 -ErrorAction SilentlyContinue -ErrorVariable failures
        $failed | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'KubernetesFieldConflict,*'
        "$($failures[0])" | Should -Match 'spec\.replicas'
        "$($failures[0])" | Should -Match 'image'
        "$($failures[0])" | Should -Match 'other'
        $failures[0].ErrorDetails.RecommendedAction | Should -Match '-Force'
        (Publish-CoordDeployment app:2 -Name fields -Replicas 3 -Force).Action | Should -Be Configured
    }

    It 'prunes what it has published before and does not any more, and nothing else' {
        $labels = @{ tier = 'pruned' }
        New-CoordManifest keep -Image app:1 -Port 80 -Label $labels | Publish-CoordDeployment | Out-Null
        New-CoordManifest drop -Image app:1 -Port 80 -Label $labels | Publish-CoordDeployment | Out-Null
        New-CoordManifest foreign -Image app:1 -Label $labels | Publish-CoordDeployment -FieldManager other | Out-Null
        New-CoordManifest unlabeled -Image app:1 | Publish-CoordDeployment | Out-Null
        New-CoordManifest keep -Image app:1 -Port 80 -Label $labels | Publish-CoordDeployment -Prune -Selector tier=pruned -WhatIf
        (Get-CoordDeployment drop).Name | Should -Be drop
        $published = New-CoordManifest keep -Image app:1 -Port 80 -Label $labels | Publish-CoordDeployment -Prune -Selector tier=pruned
        ($published | Where-Object Action -EQ Pruned).Kind | Sort-Object | Should -Be Deployment, Service
        ($published | Where-Object Action -EQ Pruned).Name | Select-Object -Unique | Should -Be drop
        # What has gone is not waited for.
        $published | Where-Object Action -EQ Pruned | Wait-CoordRollout -ErrorAction Stop | Should -BeNullOrEmpty
        (Get-CoordDeployment keep, foreign, unlabeled).Count | Should -Be 3
    }

    It 'does not prune what an input that is not whole leaves out' {
        $labels = @{ tier = 'whole' }
        New-CoordManifest whole -Image app:1 -Port 80 -Label $labels | Publish-CoordDeployment | Out-Null
        # Only the image: the service would go.
        { 'app:2' | Publish-CoordDeployment -Name whole -Prune -Selector tier=whole -ErrorAction Stop } | Should -Throw -ErrorId 'BadArguments,*'
        # Nothing: as of a program that failed.
        @() | Publish-CoordDeployment -Prune -Selector tier=whole -WarningAction SilentlyContinue -WarningVariable warned | Should -BeNullOrEmpty
        "$warned" | Should -Match 'Nothing was pruned'
        (Get-CoordDeployment whole).Image | Should -Be 'app:1'
        kubectl get service whole -o name | Should -Be 'service/whole'
    }

    It 'takes JSON on one line, and characters of any plane' {
        $text = @{ apiVersion = 'v1'; kind = 'ConfigMap'; metadata = @{ name = 'planes' }; data = @{ face = "a`u{1F600}`u{1F680}\ud83d" } } | ConvertTo-Json -Compress
        ($text | Publish-CoordDeployment -ErrorAction Stop).Action | Should -Be Created
        (kubectl get configmap planes -o json | Out-String | ConvertFrom-Json).data.face | Should -Be "a`u{1F600}`u{1F680}\ud83d"
        ($text | Publish-CoordDeployment -ErrorAction Stop).Action | Should -Be Unchanged
    }

    It 'does not take an empty text for the folder that it is in' {
        foreach ($empty in '', " `n") {
            { $empty | Publish-CoordDeployment -ErrorAction Stop } | Should -Throw -ErrorId 'BadManifest,*'
        }
    }

    It 'emits results in the order of the input, errors in their place' {
        $names = 1..40 | ForEach-Object { "order-$_" }
        $manifests = $names | ForEach-Object { @{ apiVersion = 'v1'; kind = 'ConfigMap'; metadata = @{ name = $_ }; data = @{ n = $_ } } }
        $manifests[20].metadata.name = 'Not_A_Name'
        $results = $manifests | Publish-CoordDeployment -ErrorAction Continue 2>&1
        $results.Count | Should -Be 40
        $results[20] | Should -BeOfType ([System.Management.Automation.ErrorRecord])
        $results[20].FullyQualifiedErrorId | Should -BeLike 'KubernetesInvalid,*'
        ($results | Where-Object { $_ -is [CoordPS.CoordPublication] }).Name | Should -Be ($names | Where-Object { $_ -ne 'order-21' })
    }

    It 'is refused where one has no rights, and says what to do' {
        $restricted = New-TestKubeConfig $cluster @{ 'user: \{client-certificate-data' = 'user: {as: nobody, client-certificate-data' }
        $failed = { Publish-CoordDeployment app:1 -Name denied -Replicas 1 -KubeConfig $restricted -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'KubernetesForbidden,*'
        $failed.CategoryInfo.Category | Should -Be 'PermissionDenied'
        $failed.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'says that the client certificate has expired' {
        $key = [System.Security.Cryptography.RSA]::Create(2048)
        $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=old', $key, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $expired = $request.CreateSelfSigned([DateTimeOffset]::Now.AddDays(-30), [DateTimeOffset]::Now.AddDays(-1))
        $encode = { [Convert]::ToBase64String([Text.Encoding]::ASCII.GetBytes($args[0])) }
        $config = New-TestKubeConfig $cluster @{
            'client-certificate-data: [^,}\s]+' = "client-certificate-data: $(& $encode $expired.ExportCertificatePem())"
            'client-key-data: [^,}\s]+'         = "client-key-data: $(& $encode $key.ExportPkcs8PrivateKeyPem())"
        }
        $failed = { Get-CoordDeployment -KubeConfig $config -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'KubernetesClientCertificateExpired,*'
        "$failed" | Should -Match 'expired on'
    }

    It 'says what is wrong with a kubeconfig, once' {
        $failed = { 'app:1', 'app:2' | Publish-CoordDeployment -Context nowhere -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'KubernetesConfiguration,*'
        "$failed" | Should -Match 'nowhere'
    }

    It 'stops at once on Ctrl+C, and says what was applied' -Skip:(-not $IsLinux) {
        $script = @"
Import-Module '$global:CoordTestModulePath'
1..100000 | ForEach-Object { @{ apiVersion = 'v1'; kind = 'ConfigMap'; metadata = @{ name = "stop-`$_" }; data = @{ n = "`$_" } } } |
    Publish-CoordDeployment | ForEach-Object { if (`$_.Name -eq 'stop-20') { 'go' } }
"@
        Set-Content "$TestDrive/stop.ps1" $script
        # Tests that run in the background of a shell ignore the signal, and so would what they start.
        $start = [System.Diagnostics.ProcessStartInfo]::new('env', [string[]]('--default-signal=INT', (Get-Process -Id $PID).Path, '-NoProfile', '-NonInteractive', '-File', "$TestDrive/stop.ps1"))
        $start.RedirectStandardOutput = $true
        $process = [System.Diagnostics.Process]::Start($start)
        $process.StandardOutput.ReadLine() | Should -Be 'go'
        $said = @{}
        Measure-Time {
            kill -INT $process.Id
            $said.Rest = $process.StandardOutput.ReadToEnd()
            $process.WaitForExit()
        } | Should -BeLessThan 5
        $said.Rest | Should -Match 'was stopped: \d+ objects were applied'
    }
}

Describe 'Many deployments' -Skip:([bool]$skip -or $noKubectl) {
    BeforeAll { $cluster = Start-TestCluster }
    AfterAll { Stop-TestCluster $cluster }

    It 'are published much faster from one pipeline than by kubectl one by one' {
        $measured = & "$PSScriptRoot/Measure-Publish.ps1" -ModulePath $global:CoordTestModulePath -Count 60 -Sample 3
        $measured.Times | Should -BeGreaterThan 5
    }
}

Describe 'Deployments' -Skip:([bool]$skip) {
    BeforeAll {
        $cluster = Start-TestCluster
        Publish-CoordDeployment app:1 -Name web -Replicas 3 -Port 80 -Cpu 100m | Wait-CoordRollout -Timeout 30s | Out-Null
    }
    AfterAll { Stop-TestCluster $cluster }

    It 'are listed' {
        $web = Get-CoordDeployment web
        $web.Ready, $web.Updated, $web.Available, $web.Revision, $web.Image | Should -Be '3/3', 3, 3, 1, 'app:1'
        (Get-CoordDeployment w*).Name | Should -Be web
        (Get-CoordDeployment -Selector app=web).Name | Should -Be web
        (Get-CoordDeployment web -AllNamespaces).Namespace | Should -Contain $cluster.Namespace
        Get-CoordDeployment -Selector app=none | Should -BeNullOrEmpty
        { Get-CoordDeployment none -ErrorAction Stop } | Should -Throw -ErrorId 'KubernetesNotFound,*'
    }

    It 'have pods, with logs' {
        $pods = Get-CoordDeployment web | Get-CoordPod
        $pods = Get-CoordPod -Deployment web
        $pods.Count | Should -Be 3
        $pods.IsReady | Should -Be $true, $true, $true
        (Get-CoordPod -Selector app=web).Name | Should -Be $pods.Name
        (Get-CoordPod $pods[0].Name).Status | Should -Be Running
        $lines = $pods | Get-CoordPodLog
        $lines.Pod | Select-Object -Unique | Should -Be $pods.Name
        ($lines | Where-Object Pod -EQ $pods[0].Name).Line[0] | Should -Not -BeNullOrEmpty
        ($pods | Get-CoordPodLog -Tail 1).Count | Should -Be 3
        (Get-CoordPodLog -Deployment web -Tail 1).Count | Should -Be 3
        $log = Start-Background { Get-CoordPodLog -Deployment web -Follow } $null
        Wait-Until { $log.Output.Count -ge 3 }
        Measure-Time { $log.Shell.Stop() } | Should -BeLessThan 2
        $log.Shell.Dispose()
    }

    It 'are scaled, if they are as expected' {
        $scaled = Set-CoordScale web 5 -CurrentReplicas 3
        $scaled.Previous, $scaled.Replicas | Should -Be 3, 5
        ($scaled | Wait-CoordRollout -Timeout 30s).Ready | Should -Be 5
        $failed = { Set-CoordScale web 9 -CurrentReplicas 3 -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'ScaleMismatch,*'
        (Get-CoordDeployment web).Desired | Should -Be 5
        Set-CoordScale web 2 -WhatIf
        (Get-CoordDeployment web).Desired | Should -Be 5
        (Get-CoordDeployment web | Set-CoordScale -Replicas 2).Previous | Should -Be 5
        # What was scaled is published again without a quarrel with oneself.
        (Publish-CoordDeployment app:1 -Name web -Replicas 3 -Port 80 -Cpu 100m).Action | Should -Contain Configured
    }

    It 'are autoscaled: made, changed in part, and as wanted' {
        { Set-CoordAutoscale web -ErrorAction Stop } | Should -Throw -ErrorId 'BadArguments,*'
        $made = Set-CoordAutoscale web -MinReplicas 2 -MaxReplicas 6 -TargetCpu 70
        $made.Action, $made.MinReplicas, $made.MaxReplicas, $made.TargetCpu | Should -Be Created, 2, 6, 70
        $changed = Set-CoordAutoscale web -MaxReplicas 8
        $changed.Action, $changed.MinReplicas, $changed.MaxReplicas, $changed.TargetCpu | Should -Be Configured, 2, 8, 70
        (Set-CoordAutoscale web -MaxReplicas 8).Action | Should -Be Unchanged
    }

    It 'are autoscaled by more than CPU when that was asked for, whatever else is changed' {
        @'
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  maxReplicas: 4
  metrics:
  - { type: Resource, resource: { name: memory, target: { type: AverageValue, averageValue: 100Mi } } }
  behavior:
    scaleDown: { stabilizationWindowSeconds: 60 }
'@ | Publish-CoordDeployment -Force | Out-Null
        $changed = Set-CoordAutoscale web -MaxReplicas 9
        $changed.Action, $changed.MaxReplicas, $changed.TargetCpu | Should -Be Configured, 9, $null
        $changed = Set-CoordAutoscale web -TargetCpu 65
        $changed.MaxReplicas, $changed.TargetCpu | Should -Be 9, 65
        if (-not (Get-MissingKubectl)) {
            $version = kubectl api-versions | Where-Object { $_ -in 'autoscaling/v2', 'autoscaling/v2beta2' } | Select-Object -First 1
            $spec = (kubectl get "horizontalpodautoscalers.$($version -replace '.*/').autoscaling" web -o json | ConvertFrom-Json).spec
            $spec.metrics.resource.name | Should -Be memory, cpu
            $spec.behavior.scaleDown.stabilizationWindowSeconds | Should -Be 60
        }
    }

    It 'are removed with what was published with them' {
        Publish-CoordDeployment app:1 -Name gone -Replicas 1 -Port 80 -Cpu 10m -MaxReplicas 2 -WarningAction SilentlyContinue | Out-Null
        @{ apiVersion = 'v1'; kind = 'ConfigMap'; metadata = @{ name = 'gone-config'; labels = @{ app = 'gone' } } } | Publish-CoordDeployment -FieldManager other | Out-Null
        Remove-CoordDeployment gone -WhatIf
        (Get-CoordDeployment gone).Name | Should -Be gone
        Remove-CoordDeployment gone -Confirm:$false -Propagation Foreground -Wait -Timeout 30s
        Get-CoordDeployment gone -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        if (-not (Get-MissingKubectl)) {
            kubectl get service,hpa -l app=gone -o name | Should -BeNullOrEmpty
            kubectl get configmap gone-config -o name | Should -Not -BeNullOrEmpty -Because 'someone else has made it'
        }
    }

    It 'are completed by name, as contexts, namespaces and pods are' {
        (TabExpansion2 'Get-CoordDeployment we').CompletionMatches.CompletionText | Should -Contain web
        (TabExpansion2 "Get-CoordDeployment -Namespace $($cluster.Namespace.Substring(0, 12))").CompletionMatches.CompletionText | Should -Contain $cluster.Namespace
        (TabExpansion2 'Get-CoordPod web').CompletionMatches.Count | Should -BeGreaterThan 0
        (TabExpansion2 'Get-CoordDeployment -Context ').CompletionMatches.Count | Should -BeGreaterThan 0
    }
}

Describe 'Measure-CoordAutoscale' {
    It 'decides for readings as Kubernetes does' {
        $decision = Measure-CoordAutoscale -Cpu 90, 90, 90 -TargetCpu 60 -MaxReplicas 10
        $decision.Current, $decision.Desired | Should -Be 3, 5
        $decision.Step.Count | Should -BeGreaterThan 1
        (Measure-CoordAutoscale -Cpu 63, 64 -TargetCpu 60 -MaxReplicas 10).Desired | Should -Be 2 -Because 'that is within the tolerance'
        (Measure-CoordAutoscale -Cpu 63, 64 -TargetCpu 60 -MaxReplicas 10 -Tolerance 0).Desired | Should -Be 3
        (Measure-CoordAutoscale -Cpu 400, 400, 400 -TargetCpu 50 -MaxReplicas 4).Desired | Should -Be 4
        (Measure-CoordAutoscale -Cpu 1, 1, 1 -TargetCpu 50 -MinReplicas 2 -MaxReplicas 4).Desired | Should -Be 2
        (Measure-CoordAutoscale -Cpu 100, $null -TargetCpu 50 -MaxReplicas 9).Desired | Should -Be 2 -Because 'a pod that tells nothing is taken to use nothing'
    }

    It 'says that a cluster has no metrics' -Skip:([bool]$skip) {
        $cluster = Start-TestCluster
        try {
            Publish-CoordDeployment app:1 -Name web -Replicas 1 -Cpu 100m | Out-Null
            { Measure-CoordAutoscale web -ErrorAction Stop } | Should -Throw -ErrorId 'NoAutoscaler,*'
            $decided = Measure-CoordAutoscale web -MaxReplicas 3 -ErrorAction SilentlyContinue -ErrorVariable failed
            if (-not $decided) { $failed[0].FullyQualifiedErrorId | Should -BeLike 'NoMetrics,*' }
        } finally {
            Stop-TestCluster $cluster
        }
    }
}
