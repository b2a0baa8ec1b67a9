# What Get-Help says of the module as it is installed, and whether the examples do what they say they do: each page's examples run in order,
# with a session open, against an ensemble of their own.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Kubernetes.psm1"
    $commands = Get-Command -Module CoordPS -CommandType Cmdlet | ForEach-Object { @{ Name = $_.Name; Command = $_ } }
    $pages = @{}
    Get-ChildItem "$PSScriptRoot/../../docs/cmdlets/*.md" | ForEach-Object { $pages[$_.BaseName] = Get-Content -Raw $_ }
    $withExamples = foreach ($name in $pages.Keys | Sort-Object) {
        $section = [regex]::Match($pages[$name], '(?s)\n## EXAMPLES\n(.*?)\n## PARAMETERS\n').Groups[1].Value
        $examples = [regex]::Matches($section, '(?s)```powershell\r?\n(.*?)\n```') | ForEach-Object { $_.Groups[1].Value }
        # What the examples are about must be there.
        $needs = switch -Regex ($name) {
            '-(CoordImage|CoordDockerfile|CoordContainer|CoordContainerLog)$' { 'COORDPS_TEST_DOCKER_HOST' }
        }
        $needs ??= if ("$examples" -match '-Coord(Deployment|Rollout|Scale|Pod|PodLog|ConfigMap)\b|Set-CoordAutoscale') { 'COORDPS_TEST_KUBECONFIG' }
        $lacks = $needs -and -not [Environment]::GetEnvironmentVariable($needs)
        $reason = $lacks ? "$needs is not set" : $needs -eq 'COORDPS_TEST_KUBECONFIG' ? (Get-MissingCluster) : $null
        if ($reason) { Write-Host "The examples of $name are skipped: $reason." }
        # Of others, single examples are about containers.
        $ofContainers = @($examples) -match 'registry\.example\.com/coordps'
        if ($ofContainers -and -not $env:COORDPS_TEST_DOCKER_HOST) {
            if (-not $lacks) { Write-Host "An example of $name is skipped: COORDPS_TEST_DOCKER_HOST is not set." }
            $examples = @($examples) -notmatch 'registry\.example\.com/coordps'
            $ofContainers = @()
        }
        @{
            Name = $name; Examples = @($examples); Skip = [bool]$reason; Member = [bool]$ofContainers
            NeedsCluster = $needs -eq 'COORDPS_TEST_KUBECONFIG'
            Docker = $needs -eq 'COORDPS_TEST_DOCKER_HOST' -or $ofContainers
        }
    }
}
BeforeAll { Import-Module "$PSScriptRoot/Kubernetes.psm1" }

Describe 'Help of <Name>' -ForEach $commands {
    BeforeAll {
        $help = Get-Help $Name -Full
        $common = [System.Management.Automation.Cmdlet]::CommonParameters
    }

    It 'has a synopsis and a description' {
        $help.Synopsis.Trim() | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match '^\s*\S+ \[' -Because 'that is what Get-Help makes up where there is no help'
        ($help.description.Text -join '').Trim() | Should -Not -BeNullOrEmpty
    }

    It 'says of each parameter what it is' {
        $undocumented = foreach ($parameter in $Command.Parameters.Values | Where-Object { $_.Name -notin $common }) {
            $text = ($help.parameters.parameter | Where-Object Name -EQ $parameter.Name | Select-Object -First 1).description.Text -join ''
            if ([string]::IsNullOrWhiteSpace($text) -or $text -match '\{\{') { $parameter.Name }
        }
        $undocumented | Should -BeNullOrEmpty
    }

    It 'names no parameter that is not there' {
        $help.parameters.parameter.Name | Where-Object { $_ -notin $Command.Parameters.Keys } | Should -BeNullOrEmpty
    }

    It 'has an example' {
        @($help.examples.example).Count | Should -BeGreaterThan 0
        ($help.examples | Out-String) | Should -Not -Match '\{\{'
    }
}

Describe 'Pages' {
    It 'are finished, and each is that of a cmdlet' {
        foreach ($page in Get-ChildItem "$PSScriptRoot/../../docs/cmdlets/*.md") {
            Select-String -Path $page '\{\{' | Should -BeNullOrEmpty
            Get-Command -Module CoordPS -Name $page.BaseName -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because $page.Name
        }
    }

    It 'are what the help was made from' -Skip:(-not (Get-Module -ListAvailable Microsoft.PowerShell.PlatyPS)) {
        $made = (New-Item -ItemType Directory "$TestDrive/help").FullName
        # In a process of its own: PlatyPS brings assemblies that stay.
        & (Get-Process -Id $PID).Path -NoProfile -File "$PSScriptRoot/../../build/help.ps1" -OutputFolder $made
        foreach ($file in Get-ChildItem $made) {
            $shipped = "$PSScriptRoot/../../module/en-US/$($file.Name)"
            (Get-FileHash $file).Hash | Should -Be (Get-FileHash $shipped).Hash -Because 'build/help.ps1 makes module/en-US from docs/cmdlets'
        }
    }
}

# Examples with a cluster find a deployment web of three pods, in its second revision, there.
Describe 'Examples of <Name>' -ForEach $withExamples {
    BeforeEach {
        Push-Location $TestDrive
        $registry = $env:COORDPS_TEST_REGISTRY ?? '127.0.0.1:5000'
        $dockerHost = $env:DOCKER_HOST
        if ($Docker) {
            Import-Module "$PSScriptRoot/Engines.psm1"
            $env:DOCKER_HOST = $env:COORDPS_TEST_DOCKER_HOST
            $member = $Member ? (Get-TestImage) : ''
            $containers = @(Get-CoordContainer -All).Id
            $images = @(Get-CoordImage).Reference
            $null = New-Item -ItemType Directory app, broken -Force
            Set-Content app/Dockerfile "FROM $registry/busybox:1 AS test", 'ARG VERSION', 'RUN echo "$VERSION" > /version', 'FROM test', 'CMD ["sleep", "600"]'
            Set-Content broken/Dockerfile "FROM $registry/busybox:1", 'RUN echo what went wrong; exit 3'
            Build-CoordImage app -Tag "$registry/web:1.4" -BuildArg @{ VERSION = '1.4' } | Push-CoordImage | Out-Null
            if ($Name -match 'Container') { $null = Start-CoordContainer "$registry/web:1.4" -Name web -Network host }
        }
        $running = @(Get-CoordEnsemble).Name
        $global:ensemble = Start-CoordEnsemble
        Connect-Coord $ensemble | Out-Null
        '/app/config', '/app/ready', '/app/servers/web-a', '/app/servers/web-b' | New-ZNode -Data 'color=blue' -Parents | Out-Null
        New-ZNode /team | Out-Null
        $global:HostName = $ensemble.ConnectionString
        $cluster = $null
        if ($NeedsCluster -and -not $Skip) {
            $cluster = Start-TestCluster
            1, 2 | ForEach-Object { Publish-CoordDeployment "registry.example/web:$_" -Replicas 3 -Port 80 -Cpu 100m | Wait-CoordRollout -Timeout 1m | Out-Null }
        }
    }

    AfterEach {
        Pop-Location
        Stop-TestCluster $cluster
        if ($Docker) {
            Get-CoordEnsemble | Where-Object Kind -EQ Container | Stop-CoordEnsemble -DeleteData
            Get-CoordContainer -All | Where-Object Id -notin $containers | Remove-CoordContainer -Force -Volume
            Get-CoordImage | Where-Object Reference -notin $images | Remove-CoordImage -Force
        }
        $env:DOCKER_HOST = $dockerHost
        Get-CoordSession | Disconnect-Coord -Confirm:$false
        Get-CoordEnsemble | Where-Object Name -notin $running | Stop-CoordEnsemble -Confirm:$false
        Remove-Variable -Scope Global ensemble, HostName
    }

    It 'run' -Skip:$Skip {
        $ErrorActionPreference = 'Stop'
        foreach ($example in $Examples) {
            # Hosts of examples are those of a reader; here the ensemble stands for them.
            $code = $example -replace 'zoo1:2181(,zoo\d:2181)*|localhost:2181', $global:HostName -replace 'registry\.example\.com/coordps:1', $member -replace 'registry\.example\.com', $registry
            try {
                . ([scriptblock]::Create($code)) | Out-Null
            } catch {
                throw "$_`nin the example:`n$code"
            }
        }
    }
}
