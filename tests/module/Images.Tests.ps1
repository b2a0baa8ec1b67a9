# The image cmdlets against a real engine and real registries.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Docker.psm1" -Force
    $missing = Get-MissingDocker
    $missingService = $missing ?? @(Get-MissingDockerService)[0]
    if ($missing) { Write-Host "The tests of images are skipped: $missing" }
    $classic = if (-not $missing) { Get-ClassicDocker }
    $builders = @{ Builder = 'the engine''s builder'; With = @{} }, @{ Builder = 'BuildKit'; With = @{ BuildKit = $true; Network = 'none' } } |
        Where-Object { -not $_.With.BuildKit -or (-not $missing -and (Test-BuildKitDocker)) }
}

Describe 'Images' -Skip:([bool]$missing) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Docker.psm1" -Force
        Import-Module "$PSScriptRoot/Peers.psm1"
        $hostBefore = $env:DOCKER_HOST
        $configBefore = $env:DOCKER_CONFIG
        $env:DOCKER_HOST = $env:COORDPS_TEST_DOCKER_HOST
        $env:DOCKER_CONFIG = (New-Item -ItemType Directory "$TestDrive/docker").FullName
        $registry = $env:COORDPS_TEST_REGISTRY ?? '127.0.0.1:5000'
        $base = "$registry/busybox:1"
        $own = "$registry/images-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
        $folders = 0
        $classic = Get-ClassicDocker

        # A folder with a Dockerfile and other files.
        function New-Context([string] $Dockerfile, [hashtable] $Files = @{}) {
            $script:folders++
            $folder = (New-Item -ItemType Directory "$TestDrive/context$script:folders").FullName
            foreach ($name in $Files.Keys) {
                $null = New-Item -ItemType File "$folder/$name" -Value $Files[$name] -Force
            }
            Set-Content "$folder/Dockerfile" $Dockerfile
            $folder
        }

        # The error of a block that must fail, and emits nothing else.
        function Get-Failure([scriptblock] $Code) {
            $ErrorActionPreference = 'Continue'
            $failures = @(& $Code 2>&1)
            $failures | Should -HaveCount 1
            $failures[0] | Should -BeOfType ([System.Management.Automation.ErrorRecord])
            $failures[0]
        }

        function Get-Container { docker ps --all --quiet --no-trunc }
    }

    AfterAll {
        Get-CoordImage "$own*" | Remove-CoordImage -Force
        Stop-TestDocker
        $env:DOCKER_HOST = $hostBefore
        $env:DOCKER_CONFIG = $configBefore
    }

    Context 'built by <Builder>' -ForEach $builders {
        It 'go from a folder to the registry in one pipeline, and carry the digest that the registry reports' {
            $folder = New-Context @"
FROM $base AS build
ARG GREETING=nobody
COPY src/ /src/
RUN mkdir /out && echo "hello `$GREETING" > /out/greeting && cp -R /src /out/src
FROM $base AS run
COPY --from=build /out /app
COPY . /context
CMD ["cat", "/app/greeting"]
FROM run AS never
RUN exit 1
"@ @{ 'src/a.txt' = 'a'; 'src/b.md' = 'b'; 'secret.key' = 'x'; '.dockerignore' = "**/*.md`n*.key`n" }
            $names = "$($own):1", "$($own):latest"
            $images = Build-CoordImage $folder -Tag $names -BuildArg @{ GREETING = 'world' } -Label @{ 'app.version' = 1 } -Target run @With
            $images.Reference | Should -Be $names
            $images.Id | Select-Object -Unique | Should -HaveCount 1
            $images[0].Labels['app.version'] | Should -Be '1'
            $images[0].Architecture | Should -Not -BeNullOrEmpty
            $images[0].Image | Should -Be $names[0]
            docker run --rm --network none $names[0] | Should -Be 'hello world'
            docker run --rm --network none $names[0] find /context /app -type f | Sort-Object |
                Should -Be '/app/greeting', '/app/src/a.txt', '/context/.dockerignore', '/context/Dockerfile', '/context/src/a.txt'

            $pushed = $images | Push-CoordImage
            $pushed.Reference | Should -Be $names
            foreach ($image in $pushed) {
                $image.Digest | Should -Match '^sha256:[0-9a-f]{64}$'
                $image.Digest | Should -Be (Get-RegistryDigest $image.Reference)
                $image.Image | Should -Be "$own@$($image.Digest)"
            }
            (Get-CoordImage $names[0]).Pinned | Should -Be $pushed[0].Pinned

            Get-CoordImage "$($own):*" | Remove-CoordImage -Force
            $pulled = Receive-CoordImage $pushed[0].Pinned
            $pulled.Id | Should -Be $images[0].Id
            $pulled.Image | Should -Be $pushed[0].Pinned
            $pulled | Remove-CoordImage -Force
        }

        It 'say which step failed, its exit code and the end of its output' {
            $folder = New-Context "FROM $base`nRUN true`nRUN echo first; for i in `$(seq 30); do echo line `$i; done; exit 3"
            $before = Get-Container
            $failure = Get-Failure { Build-CoordImage $folder -Tag "$($own):failed" @With }
            $failure.FullyQualifiedErrorId | Should -Be 'BuildFailed,CoordPS.Cmdlets.BuildCoordImageCommand'
            $failure.Exception.Step.Number | Should -Be 3
            $failure.Exception.Step.Total | Should -Be 3
            $failure.Exception.ExitCode | Should -Be 3
            $failure.Exception.LastLines | Should -Be (11..30 | ForEach-Object { "line $_" })
            "$failure" | Should -BeLike '*Step 3 of 3 failed with exit code 3, RUN echo first*line 30*'
            Get-CoordImage "$($own):failed*" | Should -BeNullOrEmpty
            Get-Container | Should -Be $before
        }

        It 'say what is wrong with <What>' -ForEach @(
            @{ What = 'an unknown instruction'; Dockerfile = "FROM BASE`nRUNN x"; Id = 'DockerfileInvalid'; Text = '*line 2*RUNN*' }
            @{ What = 'a file that is not in the context'; Dockerfile = "FROM BASE`nCOPY absent.txt /"; Id = 'BuildFailed'; Text = '*COPY absent.txt /*not found*' }
            @{ What = 'a base that the registry has not'; Dockerfile = 'FROM REGISTRY/images-absent:1'; Id = 'ImageNotInRegistry'; Text = '*images-absent:1*not found*' }
            @{ What = 'a registry that is down'; Dockerfile = 'FROM 127.0.0.1:1/app:1'; Id = 'RegistryUnreachable'; Text = '*127.0.0.1:1*refused*' }
            @{ What = 'a disk that is full'; Dockerfile = "FROM BASE`nRUN dd if=/dev/zero of=/dev/shm/x bs=1M count=100"; Id = 'DiskFull'; Text = '*Step 2 of 2 failed with exit code 1, RUN dd*No space left on device*' }
        ) {
            $folder = New-Context ($Dockerfile -creplace 'BASE', $base -creplace 'REGISTRY', $registry)
            $failure = Get-Failure { Build-CoordImage $folder -Tag "$($own):failed" @With }
            $failure.FullyQualifiedErrorId | Should -Be "$Id,CoordPS.Cmdlets.BuildCoordImageCommand"
            "$failure" | Should -BeLike $Text
            $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            Get-CoordImage "$($own):failed*" | Should -BeNullOrEmpty
        }

        It 'leave nothing when the pipeline is stopped' {
            $folder = New-Context "FROM $base`nRUN echo begun; sleep 600"
            $before = Get-Container
            $build = Start-Background { $with = $Session.With; Build-CoordImage $Session.Folder -Tag $Session.Tag @with -Verbose } @{
                Folder = $folder; Tag = "$($own):stopped"; With = $With
            }
            Wait-Until { $build.Shell.Streams.Verbose.Message -match 'begun' -or $build.Async.IsCompleted } -Seconds 30
            $build.Shell.InvocationStateInfo.State | Should -Be Running
            Measure-Time { $build.Shell.Stop() } | Should -BeLessThan 5
            Wait-Until { "$(Get-Container)" -eq "$before" } -Seconds 30
            Get-CoordImage "$($own):stopped*" | Should -BeNullOrEmpty
            $build.Shell.Dispose()
        }
    }

    It 'are those that docker build makes of the same folder' -Skip:(-not $classic) {
        $folder = New-Context "FROM $base AS a`nARG X`nCOPY . /src`nRUN echo `$X > /x`nFROM $base`nCOPY --from=a /src /src`nCOPY . /app" @{
            '.dockerignore' = "*`n!src`nsrc/**/skip"; 'src/a' = 'a'; 'src/b/skip' = 'no'; 'src/b/c' = 'c'; 'other' = 'no'
        }
        chmod 4750 "$folder/src/a"
        $null = New-Item -ItemType SymbolicLink "$folder/src/link" -Target 'b/c'
        $env:DOCKER_BUILDKIT = '0'
        try {
            & $classic build --quiet --build-arg X=1 --tag "$($own):docker" $folder 2>&1 | Out-Null
        } finally {
            $env:DOCKER_BUILDKIT = $null
        }
        # The engine takes a step from its cache only when names, modes, links and contents are the same.
        (Build-CoordImage $folder -Tag "$($own):ours" -BuildArg @{ X = 1 }).Id | Should -Be (Get-CoordImage "$($own):docker").Id
    }

    It 'are built with a Dockerfile from elsewhere, whose own .dockerignore counts' {
        $folder = New-Context 'FROM never' @{ a = 'a'; b = 'b'; '.dockerignore' = 'b' }
        $elsewhere = New-Context "FROM $base`nCOPY . /context`nCMD ls -A /context"
        $null = Build-CoordImage $folder -File "$elsewhere/Dockerfile" -Tag "$($own):elsewhere"
        docker run --rm --network none "$($own):elsewhere" | Should -Be '.dockerignore', 'Dockerfile', 'a'
        Set-Content "$elsewhere/Dockerfile.dockerignore" 'a', 'Dockerfile', '.dockerignore'
        $null = Build-CoordImage $folder -File "$elsewhere/Dockerfile" -Tag "$($own):elsewhere"
        docker run --rm --network none "$($own):elsewhere" | Should -Be 'b'
    }

    It 'are built without a name too' {
        $image = Build-CoordImage (New-Context "FROM $base`nLABEL own=$own") -Verbose:$false
        $image.Reference | Should -Be $image.Id
        (Get-CoordImage -Dangling -Label "own=$own").Id | Should -Be $image.Id
        $image | Remove-CoordImage -Force
        Get-CoordImage -Dangling -Label "own=$own" | Should -BeNullOrEmpty
    }

    It 'show their steps as progress, and what they would do with -WhatIf' {
        $folder = New-Context "FROM $base`nRUN sleep 1.5`nRUN sleep 0.5"
        $build = Start-Background { Build-CoordImage $Session.Folder -NoCache -Label @{ own = $Session.Own } } @{ Folder = $folder; Own = $own }
        $null = $build.Shell.EndInvoke($build.Async)
        $build.Shell.Streams.Progress.StatusDescription | Should -Contain '3/4: RUN sleep 0.5'
        $build.Shell.Streams.Progress[-1].RecordType | Should -Be Completed
        $build.Output | Remove-CoordImage -Force
        Build-CoordImage $folder -Tag "$($own):whatif" -WhatIf | Should -BeNullOrEmpty
        Get-CoordImage "$($own):whatif*" | Should -BeNullOrEmpty
    }

    It 'are named by tab completion' {
        $null = Build-CoordImage (New-Context "FROM $base") -Tag "$($own):tab"
        (TabExpansion2 "Remove-CoordImage $($own):t").CompletionMatches.CompletionText | Should -Be "$($own):tab"
        (TabExpansion2 "Push-CoordImage -DockerHost unix:///nowhere $($own):t").CompletionMatches.CompletionText | Should -Not -Contain "$($own):tab"
    }

    It 'are listed by name, wildcard, ID and label, and are an error when they are not there' {
        $null = Build-CoordImage (New-Context "FROM $base`nLABEL role=$own") -Tag "$($own)/a:1", "$($own)/a:2", "$($own)/b:1"
        (Get-CoordImage "$own/a*").Reference | Should -Be "$own/a:1", "$own/a:2"
        (Get-CoordImage "$own/*:1").Reference | Should -Be "$own/a:1", "$own/b:1"
        (Get-CoordImage -Label "role=$own").Reference | Should -HaveCount 3
        (Get-CoordImage -Label "role=$own", absent) | Should -BeNullOrEmpty
        $id = (Get-CoordImage "$own/a:1").Id
        (Get-CoordImage $id).Reference | Should -Be "$own/a:1", "$own/a:2", "$own/b:1"
        (Get-CoordImage $id.Substring(7, 12)).Reference | Should -HaveCount 3
        $failure = Get-Failure { Get-CoordImage "$own/absent:1" }
        $failure.FullyQualifiedErrorId | Should -Be 'NotFound,CoordPS.Cmdlets.GetCoordImageCommand'
        $failure.CategoryInfo.Category | Should -Be ObjectNotFound
        $failure.TargetObject | Should -Be "$own/absent:1"
    }

    It 'are not removed while a container uses them, which the error names, nor without being asked for' {
        $null = Build-CoordImage (New-Context "FROM $base`nLABEL used=$own") -Tag "$($own):used"
        $container = docker create --network none "$($own):used"
        $name = (docker inspect --format '{{.Name}}' $container).TrimStart('/')
        $failure = Get-Failure { Remove-CoordImage "$($own):used" -Confirm:$false }
        $failure.FullyQualifiedErrorId | Should -Be 'Conflict,CoordPS.Cmdlets.RemoveCoordImageCommand'
        "$failure" | Should -BeLike "*$name*uses it*"
        Remove-CoordImage "$($own):used" -WhatIf
        $WhatIfPreference = $true
        Remove-CoordImage "$($own):used" -Force
        $WhatIfPreference = $false
        Get-CoordImage "$($own):used" | Should -Not -BeNullOrEmpty
        docker rm $container | Out-Null
        Get-CoordImage "$($own):used" | Remove-CoordImage -Confirm:$false
        Get-CoordImage "$($own):used*" | Should -BeNullOrEmpty
        (Get-Command Remove-CoordImage).ImplementingType.GetCustomAttributes($true).ConfirmImpact | Should -Contain 'High'
    }

    Context 'and an engine that is not to be had' {
        It 'say that none runs' {
            $failure = Get-Failure { Build-CoordImage (New-Context 'FROM x') -DockerHost unix:///nowhere/docker.sock }
            $failure.FullyQualifiedErrorId | Should -Be 'EngineUnreachable,CoordPS.Cmdlets.BuildCoordImageCommand'
            $failure.CategoryInfo.Category | Should -Be ConnectionError
            "$failure" | Should -BeLike '*does not run*no such socket*unix:///nowhere/docker.sock*'
            $failure = Get-Failure { Get-CoordImage -DockerHost tcp://127.0.0.1:1 }
            "$failure" | Should -BeLike '*does not run*tcp://127.0.0.1:1*'
        }

        It 'say that this user may not use its socket' -Skip:([bool]$missingService -or -not (Get-Command setpriv -ErrorAction Ignore)) {
            # Where this user can read it.
            $module = (New-Item -ItemType Directory "$TestDrive/module").FullName
            Get-ChildItem (Split-Path $global:CoordTestModulePath) -Exclude bin | Copy-Item -Destination $module -Recurse
            $text = setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=$TestDrive DOCKER_CONFIG=/nonexistent (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command @"
                Import-Module '$module/CoordPS.psd1'
                try { Get-CoordImage -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }
"@
            $text[-2] | Should -Be 'EngineAccessDenied,CoordPS.Cmdlets.GetCoordImageCommand'
            $text[-1] | Should -BeLike "*nobody may not use the engine's socket*$env:DOCKER_HOST*docker*"
        }

        It 'are found by a docker context' {
            $name = 'elsewhere'
            $hash = [Convert]::ToHexString([System.Security.Cryptography.SHA256]::HashData([Text.Encoding]::UTF8.GetBytes($name))).ToLowerInvariant()
            $null = New-Item -ItemType File "$env:DOCKER_CONFIG/contexts/meta/$hash/meta.json" -Force -Value (
                @{ Name = $name; Metadata = @{}; Endpoints = @{ docker = @{ Host = $env:DOCKER_HOST; SkipTLSVerify = $false } } } | ConvertTo-Json -Depth 5)
            $image = Get-CoordImage $base -DockerContext $name
            $image.DockerContext | Should -Be $name
            # What comes of a context goes on with it.
            ($image | Get-CoordImage).DockerContext | Should -Be $name
            (TabExpansion2 'Get-CoordImage -DockerContext e').CompletionMatches.CompletionText | Should -Contain $name
            (Get-Failure { Get-CoordImage -DockerContext absent }).FullyQualifiedErrorId | Should -Be 'BadConfiguration,CoordPS.Cmdlets.GetCoordImageCommand'
        }
    }

    Context 'and registries that refuse' -Skip:([bool]$missingService) {
        BeforeAll {
            $closed = Start-TestRegistry -Credential
            $frozen = Start-TestRegistry -ReadOnly
            $down = "127.0.0.1:$(Get-FreePort)"
            $null = Build-CoordImage (New-Context "FROM $base`nRUN echo $own > /own") -Tag "$closed/app:1", "$frozen/app:1", "$down/app:1", "$($own)/app:1"
            $credential = [pscredential]::new($registryUser, (ConvertTo-SecureString $registryPassword -AsPlainText -Force))
        }

        AfterAll {
            "$closed/app:1", "$frozen/app:1", "$down/app:1" | Remove-CoordImage -Force
        }

        It 'say so, each in its way, and the others of the pipeline go on' {
            $failures = $null
            $pushed = "$closed/app:1", "$frozen/app:1", "$down/app:1", "$own/app:1", "$own/absent:1" | Push-CoordImage -ErrorVariable failures -ErrorAction SilentlyContinue
            $pushed.Reference | Should -Be "$own/app:1"
            $failures.FullyQualifiedErrorId -replace ',.*' | Should -Be 'RegistryUnauthorized', 'RegistryDenied', 'RegistryUnreachable', 'NotFound'
            $failures.TargetObject | Should -Be "$closed/app:1", "$frozen/app:1", "$down/app:1", "$own/absent:1"
            $failures[0].CategoryInfo.Category | Should -Be AuthenticationError
            "$($failures[2])" | Should -BeLike "*$down*refused*"
            (Get-Failure { Receive-CoordImage "$own/absent:1" }).FullyQualifiedErrorId | Should -Be 'ImageNotInRegistry,CoordPS.Cmdlets.ReceiveCoordImageCommand'
            (Get-Failure { Receive-CoordImage "$closed/app:1" }).FullyQualifiedErrorId | Should -BeLike 'RegistryUnauthorized*'
        }

        It 'take the right credentials only, and never show them' {
            $wrong = [pscredential]::new($registryUser, (ConvertTo-SecureString 'battery staple' -AsPlainText -Force))
            $failure = Get-Failure { Push-CoordImage "$closed/app:1" -Credential $wrong }
            $failure.FullyQualifiedErrorId | Should -Be 'RegistryUnauthorized,CoordPS.Cmdlets.PushCoordImageCommand'
            "$failure$($failure.Exception)" | Should -Not -Match 'battery'
            (Push-CoordImage "$closed/app:1" -Credential $credential).Digest | Should -Not -BeNullOrEmpty
        }

        It 'take those that docker login has left, or a credential helper gives' {
            $login = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("$($registryUser):$registryPassword"))
            Set-Content "$env:DOCKER_CONFIG/config.json" (@{ auths = @{ $closed = @{ auth = $login } } } | ConvertTo-Json)
            (Push-CoordImage "$closed/app:1").Digest | Should -Not -BeNullOrEmpty

            $tools = (New-Item -ItemType Directory "$TestDrive/tools").FullName
            Set-Content "$tools/docker-credential-test" '#!/bin/sh', "[ `"`$(cat)`" = $closed ] && echo '{ `"Username`": `"$registryUser`", `"Secret`": `"$registryPassword`" }'"
            Set-Content "$tools/docker-credential-broken" '#!/bin/sh', 'echo the vault is locked >&2; exit 2'
            chmod +x "$tools/docker-credential-test" "$tools/docker-credential-broken"
            $path = $env:PATH
            try {
                $env:PATH = "$($tools):$path"
                Set-Content "$env:DOCKER_CONFIG/config.json" (@{ credHelpers = @{ $closed = 'test' } } | ConvertTo-Json)
                (Push-CoordImage "$closed/app:1").Digest | Should -Not -BeNullOrEmpty
                # A base image that only the helper opens.
                Remove-CoordImage "$closed/app:1" -Force
                (Build-CoordImage (New-Context "FROM $closed/app:1`nCMD true") -Tag "$closed/app:1").Id | Should -Not -BeNullOrEmpty

                Set-Content "$env:DOCKER_CONFIG/config.json" (@{ credsStore = 'broken' } | ConvertTo-Json)
                $failure = Get-Failure { Push-CoordImage "$closed/app:1" }
                $failure.FullyQualifiedErrorId | Should -Be 'CredentialHelperFailed,CoordPS.Cmdlets.PushCoordImageCommand'
                "$failure" | Should -BeLike '*docker-credential-broken*the vault is locked*'
                Set-Content "$env:DOCKER_CONFIG/config.json" (@{ credsStore = 'absent' } | ConvertTo-Json)
                "$(Get-Failure { Push-CoordImage "$closed/app:1" })" | Should -BeLike '*docker-credential-absent*not on PATH*'
            } finally {
                $env:PATH = $path
                Remove-Item "$env:DOCKER_CONFIG/config.json"
            }
        }
    }

    It 'that are being pushed when the pipeline is stopped get no name in the registry' {
        $null = Build-CoordImage (New-Context "FROM $base`nRUN dd if=/dev/urandom of=/big bs=1M count=150 && echo $own") -Tag "$($own)/big:1"
        $push = Start-Background { Push-CoordImage $Session.Name } @{ Name = "$own/big:1" }
        Wait-Until { $push.Shell.Streams.Progress.StatusDescription -eq 'Pushing' -or $push.Async.IsCompleted } -Seconds 30
        $push.Shell.InvocationStateInfo.State | Should -Be Running
        Measure-Time { $push.Shell.Stop() } | Should -BeLessThan 5
        $push.Shell.Dispose()
        # The engine has let go when it pushes again from the start; until then the name must not have come.
        Get-RegistryDigest "$own/big:1" | Should -BeNullOrEmpty
        (Push-CoordImage "$own/big:1").Digest | Should -Be (Get-RegistryDigest "$own/big:1")
    }

    Context 'and an engine whose disk is full' -Skip:([bool]$missingService) {
        BeforeAll {
            $small = Start-TestEngine -DiskSize 64m
        }

        It 'say so for a context, a step and a pull' {
            $folder = New-Context "FROM $base`nRUN dd if=/dev/zero of=/big bs=1M count=100"
            $failure = Get-Failure { Build-CoordImage $folder -Tag "$($own):full" -DockerHost $small }
            $failure.FullyQualifiedErrorId | Should -Be 'DiskFull,CoordPS.Cmdlets.BuildCoordImageCommand'
            "$failure" | Should -BeLike '*Step 2 of 2*'

            $zeros = [System.IO.File]::Create("$folder/zeros")
            $zeros.SetLength(200MB)
            $zeros.Dispose()
            # The engine hangs up in the middle; what it says must still be heard.
            $failure = Get-Failure { Build-CoordImage $folder -Tag "$($own):full" -DockerHost $small }
            $failure.FullyQualifiedErrorId | Should -Be 'DiskFull,CoordPS.Cmdlets.BuildCoordImageCommand'
            $failure.CategoryInfo.Category | Should -Be LimitsExceeded

            $failure = Get-Failure { Receive-CoordImage "$own/big:1" -DockerHost $small }
            $failure.FullyQualifiedErrorId | Should -Be 'DiskFull,CoordPS.Cmdlets.ReceiveCoordImageCommand'
            Get-CoordImage "$own*" -DockerHost $small | Should -BeNullOrEmpty
            docker --host $small ps --all --quiet | Should -BeNullOrEmpty
        }
    }

    It 'stream their context in little memory' -Skip:(-not $IsLinux) {
        & "$PSScriptRoot/Measure-BuildContext.ps1" -Size 256MB -ModulePath $global:CoordTestModulePath | Select-Object -ExpandProperty GrowthMiB | Should -BeLessThan 100
    }
}

Describe 'New-CoordDockerfile' {
    It 'writes what builds and runs, for <Runtime>' -Skip:([bool]$missing) -ForEach @(
        @{ Runtime = 'Java'; EntryPoint = 'app.jar' }, @{ Runtime = 'DotNet'; EntryPoint = 'App.dll' }, @{ Runtime = 'Node'; EntryPoint = 'server.js' }
        @{ Runtime = 'Python'; EntryPoint = 'app.py' }, @{ Runtime = 'Static'; EntryPoint = 'server' }
    ) {
        $registry = $env:COORDPS_TEST_REGISTRY ?? '127.0.0.1:5000'
        $folder = (New-Item -ItemType Directory "$TestDrive/$Runtime").FullName
        Set-Content "$folder/$EntryPoint" '#!/bin/sh', 'id -u; touch /app/x 2>/dev/null || echo read-only; ls /app; echo "$@"'
        $with = @{ BuilderImage = "$registry/busybox:1"; BaseImage = "$registry/busybox:1" }
        if ($Runtime -ne 'Static') {
            # The programs of the others are not here: their place is taken by a shell under their name.
            $launcher = @{ Java = 'java'; DotNet = 'dotnet'; Node = 'node'; Python = 'python' }[$Runtime]
            $base = (New-Item -ItemType Directory "$TestDrive/$Runtime-base").FullName
            Set-Content "$base/Dockerfile" "FROM $registry/busybox:1", "RUN printf '#!/bin/sh\n[ `$1 = -jar ] && shift\nexec sh `"`$@`"\n' > /bin/$launcher && chmod +x /bin/$launcher"
            $with.BaseImage = "$registry/dockerfile-base-$($launcher):1"
            $null = Build-CoordImage $base -Tag $with.BaseImage -DockerHost $env:COORDPS_TEST_DOCKER_HOST
            $with.BuildCommand = "mkdir -p /out && cp $EntryPoint /out"
        }
        $written = New-CoordDockerfile $Runtime $EntryPoint, two -Path $folder -Port 9090 @with
        $written.File | Should -Be "$folder/Dockerfile"
        $written.Runtime | Should -Be $Runtime
        Get-Content -Raw $written.File | Should -Match '(?s)AS build.*FROM.*USER 10001:10001.*EXPOSE 9090.*HEALTHCHECK .*9090.*ENTRYPOINT \['
        Get-Content -Raw $written.IgnoreFile | Should -Match '\.git\b'
        $name = "$registry/dockerfile-$($Runtime.ToLowerInvariant()):1"
        try {
            $written | Build-CoordImage -Tag $name -DockerHost $env:COORDPS_TEST_DOCKER_HOST | Should -Not -BeNullOrEmpty
            docker --host $env:COORDPS_TEST_DOCKER_HOST run --rm --network none $name | Should -Be '10001', 'read-only', $EntryPoint, 'two'
        } finally {
            $name, $with.BaseImage | Where-Object { $_ -ne "$registry/busybox:1" } |
                Remove-CoordImage -Force -DockerHost $env:COORDPS_TEST_DOCKER_HOST -ErrorAction Ignore
        }
    }

    It 'uses bases of fixed versions' {
        $written = New-CoordDockerfile java app.jar -Path "$TestDrive/java-fixed" -Version 25
        $written.BaseImage | Should -Be 'eclipse-temurin:25-jre'
        $written.BuilderImage | Should -Be 'maven:3.9-eclipse-temurin-25'
        foreach ($runtime in 'java', 'dotnet', 'node', 'python', 'static') {
            $written = New-CoordDockerfile $runtime app -Path "$TestDrive/$runtime-default"
            $written.BaseImage, $written.BuilderImage | Should -Match ':\d'
            $text = Get-Content -Raw $written.File
            $text | Should -Not -Match 'latest'
            $text | Should -Not -Match "`r"
        }
    }

    It 'never writes over a file without -Force, and nothing with -WhatIf' {
        $folder = (New-Item -ItemType Directory "$TestDrive/existing").FullName
        Set-Content "$folder/.dockerignore" 'mine'
        $failure = $null
        New-CoordDockerfile node server.js -Path $folder -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'FileExists,CoordPS.Cmdlets.NewCoordDockerfileCommand'
        $failure[0].CategoryInfo.Category | Should -Be ResourceExists
        "$folder/Dockerfile" | Should -Not -Exist
        Get-Content "$folder/.dockerignore" | Should -Be 'mine'
        New-CoordDockerfile node server.js -Path $folder -Force -WhatIf | Should -BeNullOrEmpty
        Get-Content "$folder/.dockerignore" | Should -Be 'mine'
        New-CoordDockerfile node server.js -Path $folder -Force | Should -Not -BeNullOrEmpty
        Get-Content "$folder/.dockerignore" | Should -Contain '**/node_modules'
    }
}
