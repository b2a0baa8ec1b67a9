BeforeAll { Import-Module "$PSScriptRoot/Peers.psm1" }

Describe 'Ensembles in this process' {
    AfterEach {
        Get-CoordSession | Disconnect-Coord
        Get-CoordEnsemble 'test-*' | Stop-CoordEnsemble
    }

    It 'are started, used, listed and stopped, and leave nothing behind' {
        $ensemble = Start-CoordEnsemble test-a
        $ensemble | Should -BeOfType ([CoordPS.CoordEnsemble])
        $ensemble.State | Should -Be 'Running'
        $ensemble.Members | Should -HaveCount 1
        $ensemble.ConnectionString | Should -Match '^127\.0\.0\.1:\d+$'
        (Get-CoordEnsemble test-a).ConnectionString | Should -Be $ensemble.ConnectionString
        $null = $ensemble | Connect-Coord
        (New-ZNode /x y | Get-ZNode).Value | Should -Be 'y'
        Disconnect-Coord
        Test-Path $ensemble.DataPath | Should -BeTrue
        $ensemble | Stop-CoordEnsemble
        $ensemble.State | Should -Be 'Stopped'
        Test-Path $ensemble.DataPath | Should -BeFalse
        Get-CoordEnsemble 'test-*' | Should -BeNullOrEmpty
    }

    It 'keep data in a folder of the user''s own' {
        $null = Start-CoordEnsemble test-b -DataPath TestDrive:/data | Connect-Coord
        $null = New-ZNode /kept 'until tomorrow'
        Disconnect-Coord
        Stop-CoordEnsemble test-b
        Test-Path TestDrive:/data | Should -BeTrue
        $null = Start-CoordEnsemble test-b -DataPath TestDrive:/data | Connect-Coord
        (Get-ZNode /kept).Value | Should -Be 'until tomorrow'
    }

    It 'take settings by the names of zoo.cfg' {
        $null = Start-CoordEnsemble test-c -Configuration @{ tickTime = 1000; extendedTypesEnabled = $true } | Connect-Coord -Timeout 1h
        (Get-CoordSession).Timeout.TotalSeconds | Should -Be 20
        (New-ZNode /ttl -TimeToLive 1h).Mode | Should -Be 'Ttl'
    }

    It 'warn of settings that nobody knows, and refuse what is out of range' {
        $null = Start-CoordEnsemble test-d -Configuration @{ snapCuont = 1 } -WarningVariable warning -WarningAction SilentlyContinue
        "$warning" | Should -BeLike '*snapCuont*'
        Start-CoordEnsemble test-e -Configuration @{ tickTime = -1 } -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'BadConfiguration,CoordPS.Cmdlets.StartCoordEnsembleCommand'
    }

    It 'have names of their own' {
        $null = Start-CoordEnsemble test-f
        Start-CoordEnsemble test-f -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'EnsembleExists,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        Stop-CoordEnsemble test-nobody -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.FullyQualifiedErrorId | Should -Be 'NoEnsemble,CoordPS.Cmdlets.StopCoordEnsembleCommand'
        Get-CoordEnsemble test-nobody -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.FullyQualifiedErrorId | Should -Be 'NoEnsemble,CoordPS.Cmdlets.GetCoordEnsembleCommand'
    }

    It 'can''t share a port' {
        $port = [int]((Start-CoordEnsemble test-g).ConnectionString -split ':')[1]
        Start-CoordEnsemble test-h -Port $port -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'AddressUnavailable,CoordPS.Cmdlets.StartCoordEnsembleCommand'
        "$failure" | Should -BeLike "*$port*"
        (Get-CoordEnsemble test-h -ErrorAction Ignore) | Should -BeNullOrEmpty
    }

    It 'can''t share a folder' {
        $null = Start-CoordEnsemble test-i -DataPath TestDrive:/shared
        Start-CoordEnsemble test-j -DataPath TestDrive:/shared -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Be 'DataPathUnusable,CoordPS.Cmdlets.StartCoordEnsembleCommand'
    }

    It 'are neither started nor stopped with -WhatIf' {
        Start-CoordEnsemble test-k -WhatIf | Should -BeNullOrEmpty
        $ensemble = Start-CoordEnsemble test-k
        Stop-CoordEnsemble test-k -WhatIf
        $ensemble.State | Should -Be 'Running'
    }
}
