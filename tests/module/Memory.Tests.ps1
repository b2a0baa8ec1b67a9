Describe 'The module, imported, used and removed ten times in one shell' {
    BeforeAll {
        $rounds = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "& '$PSScriptRoot/Measure-Memory.ps1' -ModulePath '$(Split-Path $global:CoordTestModulePath)' | ConvertTo-Json" |
            ConvertFrom-Json
        $rounds | Format-Table | Out-String | Write-Host
        # The first rounds load, compile and fill pools; from the fourth on there is nothing new to do.
        $before, $after = $rounds[3], $rounds[-1]
    }

    It 'does not grow' {
        $rounds | Should -HaveCount 10
        $after.HeapMB - $before.HeapMB | Should -BeLessThan 3
        $after.WorkingSetMB - $before.WorkingSetMB | Should -BeLessThan 30
    }

    It 'keeps no thread and no file' -Skip:(-not $IsLinux) {
        $after.OwnThreads | Should -Be 0
        $after.Threads - $before.Threads | Should -BeLessOrEqual 4
        $after.Files - $before.Files | Should -BeLessOrEqual 2
    }
}
