BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"
    Import-Module "$PSScriptRoot/Local.psm1" -Force
}

Describe 'Faults' {
    BeforeEach {
        $ensemble = Start-CoordEnsemble faults -Members 3
    }
    AfterEach {
        Get-CoordSession | Disconnect-Coord
        Get-CoordEnsemble faults* | Stop-CoordEnsemble
    }

    It 'isolate the leader: it stops serving, another leads, and it follows when healed' {
        $leader = $ensemble.Members | Where-Object Role -EQ 'Leader'
        $faults = $ensemble | Invoke-CoordFault -Isolate $leader.Id
        $faults | Should -HaveCount 4
        $faults.IsCut | Should -Not -Contain $false
        Wait-Until { -not $leader.IsServing } 'the isolated leader serves nobody'
        Wait-Until { $ensemble.Leader -notin $null, $leader.Id } 'another leads'
        Wait-Until { $ensemble.State -eq 'Degraded' } 'two of three serve'
        $null = $ensemble.ConnectionString | Connect-Coord -RetryTime 20s
        $null = New-ZNode /meanwhile
        $ensemble | Invoke-CoordFault -Heal | Should -BeNullOrEmpty
        Wait-Until { $ensemble.State -eq 'Running' } 'all serve'
    }

    It 'partition an ensemble' {
        $faults = Invoke-CoordFault faults -Partition 1, (2, 3)
        $faults | ForEach-Object { "$_" } | Should -Be '1->2 cut', '1->3 cut', '2->1 cut', '3->1 cut'
        Wait-Until { -not $ensemble.Members[0].IsServing -and $ensemble.Leader -in 2, 3 } 'the majority serves'
        (Invoke-CoordFault faults -Partition '1,2').From | Should -Be '1', '2', '3', '3'
        Wait-Until { -not $ensemble.Members[2].IsServing -and $ensemble.Leader -in 1, 2 } 'the other majority serves'
    }

    It 'cut one direction, and clients' {
        Invoke-CoordFault faults -Cut -From 1 -To 2 -OneWay | ForEach-Object { "$_" } | Should -Be '1->2 cut'
        Invoke-CoordFault faults -Cut -From Clients -To 3 | ForEach-Object { "$_" } | Should -Be 'Clients->3 cut', '1->2 cut', '3->Clients cut'
        Invoke-CoordFault faults | Should -HaveCount 3
        Invoke-CoordFault faults -Heal -From 3 -To Clients | Should -HaveCount 1
    }

    It 'delay what members send' {
        $null = $ensemble.Members | Where-Object Role -EQ 'Leader' | ForEach-Object { Connect-Coord "$($_.ClientEndPoint)" }
        $faults = $ensemble | Invoke-CoordFault -Delay 80ms -Jitter 20ms
        $faults | Should -HaveCount 6
        $faults[0].Delay.TotalMilliseconds | Should -Be 80
        (Measure-Command { New-ZNode /late }).TotalMilliseconds | Should -BeGreaterOrEqual 160
        $faults | Out-String -Width 120 | Should -Match 'Ensemble\s+From\s+To\s+Cut\s+Delay\s+Jitter[\s\S]+faults\s+1\s+2\s+80ms\s+20ms'
        $ensemble | Invoke-CoordFault -Delay 0 | Should -BeNullOrEmpty
    }

    It 'change nothing with -WhatIf, and name members that exist' {
        Invoke-CoordFault faults -Isolate 1 -WhatIf | Should -BeNullOrEmpty
        Invoke-CoordFault faults -Isolate 7 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.FullyQualifiedErrorId | Should -Be 'BadFault,CoordPS.Cmdlets.InvokeCoordFaultCommand'
        "$failure" | Should -BeLike '*no member 7*1, 2, 3*'
        Invoke-CoordFault faults | Should -BeNullOrEmpty
    }

    It 'are for ensembles in this process' {
        Start-CoordEnsemble faults-one | Invoke-CoordFault -Isolate 1 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.FullyQualifiedErrorId | Should -Be 'NoFaultNetwork,CoordPS.Cmdlets.InvokeCoordFaultCommand'
    }
}
