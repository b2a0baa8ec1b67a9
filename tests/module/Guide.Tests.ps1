# Runs the commands of the guides that need a cluster and an engine, as they stand there, in order.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Kubernetes.psm1" -Force
    $skip = Get-MissingCluster
    if (-not $skip -and -not ($env:COORDPS_TEST_DOCKER_HOST -and $env:COORDPS_TEST_REGISTRY)) { $skip = 'COORDPS_TEST_DOCKER_HOST and COORDPS_TEST_REGISTRY name no engine' }
    if ($skip) { Write-Host "The guide is not run: $skip." }
}
BeforeAll { Import-Module "$PSScriptRoot/Kubernetes.psm1" }

Describe 'From a Dockerfile to a gated rollout' -Skip:([bool]$skip) {
    BeforeAll {
        $cluster = Start-TestCluster
        $running = @(Get-CoordEnsemble).Name
        $ensemble = Start-CoordEnsemble
        $docker = $env:DOCKER_HOST
        $env:DOCKER_HOST = $env:COORDPS_TEST_DOCKER_HOST
        # A repository of its own in the registry that all tests share.
        $repository = "guide-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
        $guide = Get-Content -Raw "$PSScriptRoot/../../docs/from-a-dockerfile-to-a-gated-rollout.md"
        $blocks = [regex]::Matches($guide, '(?s)```powershell\r?\n(.*?)\n```') | ForEach-Object {
            $_.Groups[1].Value -replace 'localhost:2181', $ensemble.ConnectionString -replace 'registry\.example/shop', "$env:COORDPS_TEST_REGISTRY/$repository" -replace
                'registry\.example', $env:COORDPS_TEST_REGISTRY
        }
        Push-Location $TestDrive
    }
    AfterAll {
        Pop-Location
        1..3 | ForEach-Object { Remove-CoordImage "$env:COORDPS_TEST_REGISTRY/${repository}:$_" -Confirm:$false -ErrorAction Ignore }
        Get-CoordSession | Where-Object ConnectionString -EQ $ensemble.ConnectionString | Disconnect-Coord -Confirm:$false
        Get-CoordEnsemble | Where-Object Name -NotIn $running | Stop-CoordEnsemble -Confirm:$false
        $env:DOCKER_HOST = $docker
        Stop-TestCluster $cluster
    }

    It 'says what it does' {
        $ErrorActionPreference = 'Stop'
        $said = foreach ($block in $blocks) {
            try {
                . ([scriptblock]::Create($block)) | Out-String
            } catch {
                throw "$_`nin the commands:`n$block"
            }
        }
        $said[0] | Should -Match '@sha256:'
        "$said" | Should -Match 'Unchanged'
        # What failed was undone, and what was gated was taken back.
        "$said" | Should -Match 'undone: revision \d+ is rolled out again'
        "$said" | Should -Match 'It was taken back: .*configuration /shop/config was put back'
        "$said" | Should -Match '(?s)green\s+Complete'
        Get-CoordDeployment -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
}
