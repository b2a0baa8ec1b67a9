#Requires -Version 7.6
<#
.SYNOPSIS
Measures export, wipe and import of a tree with odd names, empty and missing data, large data, access control lists and many children under one
parent; checks that Compare-ZNode finds no difference after each; and prints the rates.
#>
param(
    [string] $ModulePath = "$PSScriptRoot/../../out/CoordPS",
    # A server; default: an ensemble in a process of its own.
    [string] $ConnectionString,
    [int] $Count = 100000,
    # Znodes with 1 MiB of data. A server of the default jute.maxbuffer (1 MiB less 1 for the whole request) takes a little less: then it is that.
    [int] $Large = 20,
    # Directories depend on the file system more than on anything else.
    [ValidateSet('json', 'yaml', 'directory')]
    [string[]] $Format = @('json', 'yaml', 'directory')
)
$ErrorActionPreference = 'Stop'
Import-Module "$(Convert-Path $ModulePath)/CoordPS.psd1"
$folder = [System.IO.Directory]::CreateTempSubdirectory('coordps-trees-').FullName
$request = 4MB
if ($ConnectionString) {
    $request = 1MB - 1
} else {
    $server = [System.Diagnostics.Process]::new()
    $server.StartInfo = [System.Diagnostics.ProcessStartInfo]@{
        FileName               = (Get-Process -Id $PID).Path
        RedirectStandardInput  = $true
        RedirectStandardOutput = $true
    }
    '-NoProfile', '-Command', "Import-Module '$(Convert-Path $ModulePath)/CoordPS.psd1'; (Start-CoordEnsemble -Configuration @{ 'jute.maxbuffer' = $request }).ConnectionString; `$null = [Console]::In.ReadLine()" |
        ForEach-Object { $server.StartInfo.ArgumentList.Add($_) }
    $null = $server.Start()
    $ConnectionString = $server.StandardOutput.ReadLine()
}
try {
    $null = Connect-Coord $ConnectionString -MaxRequestSize $request
    $size = if ($request -gt 2MB) { 1MB } else { 1MB - 4KB }
    $bytes = [byte[]]::new($size)
    [System.Random]::new(7).NextBytes($bytes)
    $big = [Convert]::ToBase64String($bytes)

    # The tree comes from a file written here: 10,000 children under /wide, the rest below parents of 100.
    $odd = 'with space', '[brackets]', "quo'te", 'back\\slash', '100%', 'CON', '.hidden', '日本語', 'Case', 'case', 'trailing.', ('n' * 300)
    $writer = [System.IO.StreamWriter]::new("$folder/source.json")
    $writer.Write('{"format":"coordps-tree","nodes":[{"path":"/","data":"root"},{"path":"/wide"}')
    $wide = [Math]::Min(10000, [int]($Count / 10))
    for ($i = 0; $i -lt $wide; $i++) { $writer.Write(",`n{`"path`":`"/wide/child-$i`",`"data`":`"$i`"}") }
    for ($i = 0; $i -lt $Large; $i++) { $writer.Write(",`n{`"path`":`"/large-$i`",`"base64`":`"$big`"}") }
    $left = $Count - $wide - $Large - 2
    for ($i = 0; $i -lt $left; $i++) {
        $parent = [int][Math]::Floor($i / 100)
        $path = if ($i % 100 -eq 0) { "/p$parent" } elseif ($i % 100 -le $odd.Count) { "/p$parent/$($odd[$i % 100 - 1])" } else { "/p$parent/c$($i % 100)" }
        $data = switch ($i % 5) { 0 { '' } 1 { ',"data":""' } 2 { ',"base64":"AAH/"' } default { ",`"data`":`"value of $i`"" } }
        $acl = if ($i % 7 -eq 0) { ',"acl":["world:anyone:cdrwa","ip:127.0.0.1:r"]' }
        $writer.Write(",`n{`"path`":`"$path`"$data$acl}")
    }
    $writer.Write(']}')
    $writer.Dispose()

    $null = Import-ZNode "$folder/source.json" /measure
    if (-not (Compare-ZNode /measure -FilePath "$folder/source.json" -Quiet)) { throw 'The tree is not what it was made from.' }
    foreach ($one in $Format) {
        $file = if ($one -eq 'directory') { "$folder/tree" } else { "$folder/tree.$one" }
        $exported = Export-ZNode /measure $file
        $wiped = Measure-Command { Remove-ZNode /measure -Recurse -Force }
        $imported = Import-ZNode $file /measure
        $compared = Measure-Command {
            $differences = @(Compare-ZNode /measure -FilePath $file) + @(Compare-ZNode /measure -FilePath "$folder/source.json")
        }
        [pscustomobject]@{
            Format      = $one
            Znodes      = $exported.Created
            MB          = [Math]::Round($exported.Bytes / 1MB)
            Export      = '{0:n0}/s' -f $exported.Rate
            Wipe        = '{0:n0}/s' -f ($exported.Created / $wiped.TotalSeconds)
            Import      = '{0:n0}/s' -f $imported.Rate
            Compare     = '{0:n0}/s' -f (2 * $exported.Created / $compared.TotalSeconds)
            Differences = $differences.Count
            Failed      = $exported.Failed + $imported.Failed
        }
        if ($one -eq 'directory') { Remove-Item $file -Recurse -Force }
    }
    $copied = Copy-ZNode /measure /measure-copy -Recurse
    [pscustomobject]@{ Format = 'copy'; Znodes = $copied.Created; Import = '{0:n0}/s' -f $copied.Rate; Differences = @(Compare-ZNode /measure /measure-copy).Count; Failed = $copied.Failed }
    Remove-ZNode /measure, /measure-copy -Recurse -Force
} finally {
    Get-CoordSession | Disconnect-Coord
    if ($server) {
        $server.StandardInput.WriteLine()
        $server.WaitForExit()
    }
    Remove-Item $folder -Recurse -Force
}
