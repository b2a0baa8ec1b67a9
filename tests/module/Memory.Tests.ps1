Describe 'The module, imported, used and removed ten times in one shell' {
    BeforeAll {
        $rounds = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "& '$PSScriptRoot/Measure-Memory.ps1' -ModulePath '$(Split-Path $global:CoordTestModulePath)' | ConvertTo-Json" |
            ConvertFrom-Json
        $rounds | Format-Table | Out-String | Write-Host
        # The first rounds load, compile and fill pools; from the fourth on there is nothing new to do.
        $before, $after = $rounds[3], $rounds[-1]

        # What every round adds: the median, as a pool may grow once more in any of them.
        function Get-Growth([string] $Property) { (4..9 | ForEach-Object { $rounds[$_].$Property - $rounds[$_ - 1].$Property } | Sort-Object)[2] }
    }

    It 'does not grow' {
        $rounds | Should -HaveCount 10
        Get-Growth HeapMB | Should -BeLessThan 0.5
        Get-Growth WorkingSetMB | Should -BeLessThan 5
    }

    It 'keeps no thread and no file' -Skip:(-not $IsLinux) {
        $after.OwnThreads | Should -Be 0
        $after.Threads - $before.Threads | Should -BeLessOrEqual 4
        $after.Files - $before.Files | Should -BeLessOrEqual 2
    }
}
