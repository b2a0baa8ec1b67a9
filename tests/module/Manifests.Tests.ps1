# Manifests are made without a cluster; that an API server takes them is for the tests of Deployments.Tests.ps1.
Describe 'New-CoordManifest' {
    BeforeAll {
        $image = '127.0.0.1:5000/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
        $service = @{ Name = 'my-service'; Image = $image; Replicas = 3; Cpu = '50m', '100m'; Memory = '128Mi', '256Mi'; Port = '80:8080' }
    }

    It 'makes the Deployment and the Service that one would write by hand' {
        (New-CoordManifest @service -AsYaml) -join "`n" | Should -BeExactly @"
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-service
  labels:
    app: my-service
spec:
  replicas: 3
  selector:
    matchLabels:
      app: my-service
  template:
    metadata:
      labels:
        app: my-service
    spec:
      containers:
      - name: my-service
        image: $image
        ports:
        - containerPort: 8080
          protocol: TCP
        resources:
          limits:
            cpu: 100m
            memory: 256Mi
          requests:
            cpu: 50m
            memory: 128Mi
---
apiVersion: v1
kind: Service
metadata:
  name: my-service
  labels:
    app: my-service
spec:
  selector:
    app: my-service
  ports:
  - protocol: TCP
    port: 80
    targetPort: 8080
"@
    }

    It 'gives objects to change, which keep everything else as it was' {
        $deployment, $null = New-CoordManifest @service
        $deployment.PSObject.TypeNames[0] | Should -Be 'CoordPS.KubernetesManifest'
        $before = $deployment.ToYaml() -split "`n"
        $deployment.spec.replicas = 5
        $deployment.metadata.labels.tier = 'web'
        $deployment.spec.template.spec.containers[0].env = @([ordered]@{ name = 'COLOR'; value = 'blue' })
        $added = Compare-Object $before ($deployment.ToYaml() -split "`n") | Where-Object SideIndicator -EQ '=>'
        $added.InputObject.Trim() | Sort-Object | Should -Be ('- name: COLOR', 'env:', 'replicas: 5', 'tier: web', 'value: blue' | Sort-Object)
        $json = $deployment | ConvertTo-Json -Depth 20 | ConvertFrom-Json
        $json.spec.replicas | Should -Be 5
        $json.spec.template.spec.containers[0].ports[0].containerPort | Should -Be 8080
    }

    It 'says the protocol of every port' {
        $deployment, $svc = New-CoordManifest a -Image $image -Port 8080, 'dns=53:1053/udp', 443:8443
        $svc.spec.ports.protocol | Should -Be TCP, UDP, TCP
        $svc.spec.ports.name | Should -Be tcp-8080, dns, tcp-443
        $svc.spec.ports.targetPort | Should -Be 8080, 1053, 8443
        $deployment.spec.template.spec.containers[0].ports.containerPort | Should -Be 8080, 1053, 8443
    }

    It 'makes no Service without a port, and an autoscaler with -MaxReplicas, which then decides on the replicas' {
        $made = New-CoordManifest a -Image $image -Cpu 100m -MinReplicas 2 -MaxReplicas 10 -TargetCpu 70
        $made.kind | Should -Be Deployment, HorizontalPodAutoscaler
        $made[0].spec.Contains('replicas') | Should -BeFalse
        $made[1].spec.minReplicas, $made[1].spec.maxReplicas | Should -Be 2, 10
        $made[1].spec.metrics[0].resource.target.averageUtilization | Should -Be 70
        $made[1].spec.scaleTargetRef.name | Should -Be 'a'
    }

    It 'takes probes by path, port or command' {
        $probes = @{ readiness = '/ready:8081'; liveness = 'tcp'; startup = 'exec:test -f /tmp/up' }
        $container = (New-CoordManifest a -Image $image -Port 8080 -Probe $probes)[0].spec.template.spec.containers[0]
        $container.readinessProbe.httpGet.path, $container.readinessProbe.httpGet.port | Should -Be '/ready', 8081
        $container.livenessProbe.tcpSocket.port | Should -Be 8080
        $container.startupProbe.exec.command | Should -Be '/bin/sh', '-c', 'test -f /tmp/up'
        $container = (New-CoordManifest a -Image $image -Port 80:8080 -Probe https:/healthz)[0].spec.template.spec.containers[0]
        $container.readinessProbe.httpGet.scheme | Should -Be 'HTTPS'
        $container.livenessProbe.httpGet.port | Should -Be 8080
        $container.livenessProbe.failureThreshold | Should -BeGreaterThan 3 -Because 'a slow container is taken out of service before it is killed'
    }

    It 'takes variables as they are, or from elsewhere' {
        $variables = [ordered]@{ COLOR = 'blue'; COUNT = 3; ON = $true; PASSWORD = @{ secretKeyRef = @{ name = 'db'; key = 'password' } } }
        $env = (New-CoordManifest a -Image $image -Env $variables).spec.template.spec.containers[0].env
        $env.name | Should -Be COLOR, COUNT, ON, PASSWORD
        $env[0..2].value | Should -BeExactly 'blue', '3', 'true'
        $env[3].valueFrom.secretKeyRef.key | Should -Be 'password'
    }

    It 'takes the image from what builds and pushes it' {
        $pushed = [pscustomobject]@{ Image = $image; Reference = '127.0.0.1:5000/app:1'; Digest = 'sha256:01'; Tag = '1' }
        ($pushed | New-CoordManifest a).spec.template.spec.containers[0].image | Should -Be $image
        ('app:2' | New-CoordManifest a).spec.template.spec.containers[0].image | Should -Be 'app:2'
    }

    It 'refuses what Kubernetes would, and says how to write it: <Because>' -ForEach @(
        @{ Because = 'no port'; With = @{ Port = '80-8080' } }
        @{ Because = 'a port twice'; With = @{ Port = '80:1', '80:2' } }
        @{ Because = 'no quantity'; With = @{ Cpu = '1 core' } }
        @{ Because = 'a limit below the request'; With = @{ Memory = '1Gi', '256Mi' } }
        @{ Because = 'no probe'; With = @{ Probe = 'ping' } }
        @{ Because = 'a probe without a port'; With = @{ Probe = '/healthz' } }
        @{ Because = 'bounds the wrong way'; With = @{ Cpu = '1'; MinReplicas = 5; MaxReplicas = 2 } }
        @{ Because = 'bounds without a maximum'; With = @{ MinReplicas = 5 } }
    ) {
        $failed = { New-CoordManifest a -Image i @With -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'BadManifest,*'
        $failed.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $failed.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}

Describe 'New-CoordManifest -ConfigFrom' {
    BeforeAll {
        $session = Connect-Coord $global:CoordTestPeers[0].ConnectionString
        Set-CoordConfig /manifests @{ db = @{ host = 'db-1'; port = 5432 }; debug = $false } | Out-Null
    }
    AfterAll {
        Remove-ZNode /manifests -Recurse -Force
        Disconnect-Coord $session
    }

    It 'makes a ConfigMap of the configuration, and lets the pods be replaced when it changes' {
        $config, $deployment = New-CoordManifest app -Image i -ConfigFrom /manifests
        $config.kind, $config.metadata.name | Should -Be 'ConfigMap', 'app-config'
        $config.data.DB__HOST, $config.data.DB__PORT, $config.data.DEBUG | Should -BeExactly 'db-1', '5432', 'false'
        $deployment.spec.template.spec.containers[0].envFrom[0].configMapRef.name | Should -Be 'app-config'
        $hash = $deployment.spec.template.metadata.annotations.'coordps.io/config-hash'
        $hash | Should -Be $config.metadata.annotations.'coordps.io/config-hash'
        (New-CoordManifest app -Image i -ConfigFrom /manifests)[1].spec.template.metadata.annotations.'coordps.io/config-hash' | Should -Be $hash
        Set-CoordConfig /manifests -Key db/host -Value db-2 | Out-Null
        (New-CoordManifest app -Image i -ConfigFrom /manifests)[1].spec.template.metadata.annotations.'coordps.io/config-hash' | Should -Not -Be $hash
    }

    It 'fails where there is no configuration' {
        { New-CoordManifest app -Image i -ConfigFrom /none -ErrorAction Stop } | Should -Throw -ErrorId 'NoConfig,*'
    }
}

Describe 'New-CoordManifest -Kind Ensemble' {
    BeforeAll {
        $headless, $client, $budget, $set = New-CoordManifest zk -Kind Ensemble -Namespace infra -Memory 1Gi -StorageSize 20Gi -StorageClass fast
        $pod = $set.spec.template.spec
        $container = $pod.containers[0]
    }

    It 'makes three members that find each other before they are ready' {
        $headless, $client, $budget, $set | ForEach-Object kind | Should -Be Service, Service, PodDisruptionBudget, StatefulSet
        $set.spec.replicas | Should -Be 3
        $set.spec.podManagementPolicy | Should -Be 'Parallel'
        $headless.spec.clusterIP | Should -Be 'None'
        $headless.spec.publishNotReadyAddresses | Should -BeTrue
        $set.spec.serviceName | Should -Be $headless.metadata.name
        ($container.env | Where-Object name -EQ ZOO_SERVERS).value -split ' ' | Should -HaveCount 3
        ($container.env | Where-Object name -EQ ZOO_SERVERS).value | Should -BeLike 'server.1=zk-0.zk-headless.infra.svc.cluster.local:2888:3888;2181 *'
        $container.command[2] | Should -BeLike '*ZOO_MY_ID=$((${HOSTNAME##`*-} + 1))*'
    }

    It 'keeps a quorum through maintenance and the loss of a node' {
        $budget.apiVersion, $budget.spec.maxUnavailable | Should -Be 'policy/v1', 1
        $pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey | Should -Be 'kubernetes.io/hostname'
        $container.readinessProbe.exec.command[2] | Should -BeLike '*srvr*Mode*'
        $container.livenessProbe.exec.command[2] | Should -BeLike '*ruok*'
        ($container.env | Where-Object name -EQ ZOO_4LW_COMMANDS_WHITELIST).value | Should -BeLike '*srvr*ruok*'
    }

    It 'keeps data on volumes of its own, and runs without privileges' {
        $set.spec.volumeClaimTemplates.metadata.name | Should -Be data, datalog
        $set.spec.volumeClaimTemplates.spec.resources.requests.storage | Should -Be 20Gi, 20Gi
        $set.spec.volumeClaimTemplates.spec.storageClassName | Should -Be fast, fast
        $container.volumeMounts.mountPath | Should -Be /data, /datalog, /logs
        $pod.securityContext.runAsNonRoot, $pod.securityContext.fsGroup | Should -Be $true, 1000
        $container.securityContext.capabilities.drop | Should -Be 'ALL'
        ($container.env | Where-Object name -EQ ZK_SERVER_HEAP).value | Should -Be '512' -Because 'Java is to have half of the memory'
    }

    It 'makes one of our own image, which needs no shell' {
        $set = New-CoordManifest zk coordps:1 -Kind Ensemble -Distribution CoordPS | Where-Object kind -EQ StatefulSet
        $container = $set.spec.template.spec.containers[0]
        $container.Contains('command') | Should -BeFalse
        $container.readinessProbe.exec.command | Should -Be coordps, health
        $container.securityContext.readOnlyRootFilesystem | Should -BeTrue
        { New-CoordManifest zk -Kind Ensemble -Distribution CoordPS -ErrorAction Stop } | Should -Throw -ErrorId 'BadManifest,*'
    }

    It 'lets variables be added and replaced, and warns of an even number of members' {
        $set = New-CoordManifest zk -Kind Ensemble -Replicas 4 -Env @{ ZOO_TICK_TIME = 3000; ZOO_INIT_LIMIT = 20 } -WarningVariable warned -WarningAction SilentlyContinue |
            Where-Object kind -EQ StatefulSet
        $env = $set.spec.template.spec.containers[0].env
        ($env | Where-Object name -EQ ZOO_INIT_LIMIT).value | Should -Be '20'
        ($env | Where-Object name -EQ ZOO_TICK_TIME).value | Should -Be '3000'
        $warned | Should -HaveCount 1
    }
}
