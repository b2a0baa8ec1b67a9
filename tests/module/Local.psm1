# What tests of local ensembles ask of the system.

# Waits for what no event tells.
function Wait-Until([scriptblock] $Condition, [string] $What, [int] $Seconds = 30) {
    $deadline = [DateTime]::UtcNow.AddSeconds($Seconds)
    while (-not (& $Condition)) {
        if ([DateTime]::UtcNow -gt $deadline) {
            throw "After $Seconds s still not: $What."
        }
        Start-Sleep -Milliseconds 50
    }
}

# Runs a script in a pwsh of its own, with the module in it, $module its path and $data an unused folder. Emits what it emits, through JSON.
function Invoke-Shell([string] $Script) {
    $data = Join-Path ([System.IO.Path]::GetTempPath()) "coordps-test-$([guid]::NewGuid().ToString('N'))"
    try {
        $text = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command @"
            `$ErrorActionPreference = 'Stop'
            `$module = '$global:CoordTestModulePath'
            `$data = '$data'
            Import-Module `$module
            & { $Script } | ConvertTo-Json -Depth 4 -Compress
"@
        if ($LASTEXITCODE) { throw "The shell ended with $($LASTEXITCODE): $text" }
        $text | ConvertFrom-Json
    } finally {
        Remove-Item $data -Recurse -Force -ErrorAction Ignore
    }
}

# The names of this process's threads that are ours.
function Get-OwnThread {
    Get-ChildItem /proc/self/task -ErrorAction Ignore | ForEach-Object {
        try { [System.IO.File]::ReadAllText("$($_.FullName)/comm").Trim() } catch { $null = $_ }
    } | Where-Object { $_ -like 'CoordPS*' }
}

# The TCP ports that anybody listens on.
function Get-ListeningPort {
    Get-Content /proc/net/tcp, /proc/net/tcp6 -ErrorAction Ignore | ForEach-Object {
        $fields = -split $_
        if ($fields[3] -eq '0A') { [Convert]::ToInt32(($fields[1] -split ':')[1], 16) }
    }
}

# The files and sockets that this process has open, whose name begins with a text.
function Get-OpenFile([string] $Prefix) {
    [System.IO.Directory]::GetFiles('/proc/self/fd') | ForEach-Object {
        try { [System.IO.File]::ResolveLinkTarget($_, $false).FullName } catch { $null = $_ }
    } | Where-Object { $_ -and ($_.StartsWith($Prefix) -or [System.IO.Path]::GetFileName($_).StartsWith($Prefix)) }
}

# Those of some processes that run. One that nobody has waited for after its end does not.
function Get-Living([int[]] $Id) {
    Get-Process -Id $Id -ErrorAction Ignore | Where-Object {
        -not $IsLinux -or ((Get-Content "/proc/$($_.Id)/stat" -ErrorAction Ignore) -replace '^.*\) ') -notmatch '^(Z|X|$)'
    }
}
