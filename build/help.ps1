<#
.SYNOPSIS
    Keeps the cmdlets' help: docs/cmdlets/*.md, and module/en-US, which Get-Help reads and is made from them.
.DESCRIPTION
    With -Update it first makes the pages anew: synopsis, description, syntax and parameters from the code and its comments; examples, notes
    and links, which are written by hand, stay. Needs the module (build/build.sh) and Microsoft.PowerShell.PlatyPS.
.PARAMETER Update
    Bring the pages up to date with the module before.
.PARAMETER OutputFolder
    Where the help that Get-Help reads is written; default: module/en-US.
#>
[CmdletBinding()]
param(
    [switch] $Update,
    [string] $OutputFolder = "$PSScriptRoot/../module/en-US"
)
$ErrorActionPreference = 'Stop'
$root = (Convert-Path "$PSScriptRoot/..")
$pages = "$root/docs/cmdlets"
Import-Module Microsoft.PowerShell.PlatyPS

# What the comments in the code say of a member, as text.
function Get-Comment([string] $Member) {
    $node = $script:comments[$Member]
    if (-not $node) { return }
    if ($node.SelectSingleNode('inheritdoc')) { return }
    $summary = $node.SelectSingleNode('summary')
    if (-not $summary) { return }
    $text = $summary.InnerXml -replace '<c>(.*?)</c>', '`$1`' -replace '<see cref="[A-Z]:[^"]*?([^."]+?)(\([^"]*\))?"\s*/>', '`$1`' `
        -replace '<paramref name="(.*?)"\s*/>', '`$1`' -replace '<see langword="(.*?)"\s*/>', '`$1`' -replace '<para>|</para>', "`n`n" -replace '<[^>]+>', ''
    [System.Net.WebUtility]::HtmlDecode(($text -replace '[^\S\n]*\n[^\S\n]*', "`n" -replace '(?<!\n)\n(?!\n)', ' ').Trim())
}

# The comment of a parameter, which may be declared by a base class.
function Get-ParameterComment([type] $Type, [string] $Parameter) {
    for ($t = $Type; $t; $t = $t.BaseType) {
        $name = if ($t.IsGenericType) { $t.GetGenericTypeDefinition().FullName } else { $t.FullName }
        if ($text = Get-Comment "P:$name.$Parameter") { return $text }
    }
    $dynamic = $Type.GetNestedTypes([System.Reflection.BindingFlags] 'Public, NonPublic')
    foreach ($t in $dynamic) {
        if ($text = Get-Comment "P:$($t.FullName.Replace('+', '.')).$Parameter") { return $text }
    }
}

$common = @{
    WhatIf  = 'Says what would be done, and does nothing.'
    Confirm = 'Asks before anything is changed.'
}

if ($Update) {
    $null = New-Item -ItemType Directory -Force $pages
    $script:comments = @{}
    $file = Get-ChildItem "$root/src/CoordPS.Cmdlets/bin" -Recurse -Filter CoordPS.Cmdlets.xml | Sort-Object LastWriteTime | Select-Object -Last 1
    $xml = [xml](Get-Content -Raw $file)
    foreach ($member in $xml.doc.members.member) { $script:comments[$member.name] = $member }
    $scratch = Join-Path ([System.IO.Path]::GetTempPath()) "coordps-help-$PID"
    try {
        # Without the help that was made before, which PlatyPS would put into the pages once more.
        Copy-Item -Recurse "$root/out/CoordPS" "$scratch/module/CoordPS" -Force -Container
        Remove-Item -Recurse "$scratch/module/CoordPS/en-US" -ErrorAction Ignore
        Import-Module "$scratch/module/CoordPS"
        foreach ($command in Get-Command -Module CoordPS -CommandType Cmdlet) {
            $page = "$pages/$($command.Name).md"
            $null = New-MarkdownCommandHelp -CommandInfo $command -OutputFolder $scratch
            $text = Get-Content -Raw "$scratch/CoordPS/$($command.Name).md"
            $text = [regex]::Replace($text, '(?s)## (INPUTS|OUTPUTS)\n.*?(?=\n## )', { param($match) $match.Value -replace '\{\{ Fill in the Description \}\}\s*', '' })
            $type = $command.ImplementingType
            if ($summary = Get-Comment "T:$($type.FullName)") {
                $synopsis = [regex]::Match($summary, '^.*?[.](?=\s|$)', 'Singleline').Value
                $text = $text.Replace('{{ Fill in the Synopsis }}', $synopsis).Replace('{{ Fill in the Description }}', $summary)
            }
            $text = [regex]::Replace($text, '\{\{ Fill (\w+) Description \}\}', {
                    param($match)
                    $name = $match.Groups[1].Value
                    $found = $common[$name]
                    if (-not $found) { $found = Get-ParameterComment $type $name }
                    if ($found) { $found } else { $match.Value }
                })
            $text = $text -replace '(?m)^ms\.date:.*\n', '' -replace '(?s)## ALIASES\s+This cmdlet has the following aliases,\s+\{\{Insert list of aliases\}\}\s+', ''
            $text = $text -replace '\{\{ Fill in the related links here \}\}\s*', '' -replace '\{\{ Fill in the Notes \}\}\s*', ''
            if (Test-Path $page) {
                $before = Get-Content -Raw $page
                foreach ($section in 'EXAMPLES', 'NOTES', 'RELATED LINKS') {
                    $pattern = "(?s)(?<=\n## $section\n).*?(?=\n## |\z)"
                    $written = [regex]::Match($before, $pattern)
                    if ($written.Success -and $written.Value.Trim()) {
                        $text = [regex]::Replace($text, $pattern, { $written.Value.TrimEnd() + "`n" })
                    }
                }
            }
            [System.IO.File]::WriteAllText($page, $text.TrimEnd() + "`n")
        }
    }
    finally {
        Remove-Module CoordPS -ErrorAction Ignore
        if (Test-Path $scratch) { Remove-Item -Recurse -Force $scratch }
    }
    $commands = (Import-PowerShellDataFile "$root/CoordPS.psd1").CmdletsToExport
    foreach ($page in Get-ChildItem "$pages/*.md") {
        if ($page.BaseName -notin $commands) {
            Write-Warning "$($page.Name): there is no such cmdlet any more."
        }
        foreach ($gap in Select-String -Path $page '\{\{.*?\}\}') {
            Write-Warning "$($page.Name):$($gap.LineNumber): $($gap.Line.Trim())"
        }
    }
}

$made = Join-Path ([System.IO.Path]::GetTempPath()) "coordps-maml-$PID"
try {
    $null = Get-ChildItem "$pages/*.md" | Import-MarkdownCommandHelp | Export-MamlCommandHelp -OutputFolder $made
    $null = New-Item -ItemType Directory -Force $OutputFolder
    foreach ($file in Get-ChildItem "$made/CoordPS/*.xml") {
        # A console shows Markdown's marks as they are: the text does without.
        $help = [xml]::new()
        $help.PreserveWhitespace = $true
        $help.Load($file.FullName)
        foreach ($text in $help.SelectNodes('//*[local-name() = "para"]/text()')) {
            $text.Value = $text.Value -replace '```\w*\r?\n?' -replace '`([^`]+)`', '$1' -replace '\[([^\]]+)\]\(([^)]+)\)', '$1 ($2)'
        }
        $help.Save((Join-Path (Convert-Path $OutputFolder) $file.Name))
    }
}
finally {
    if (Test-Path $made) { Remove-Item -Recurse -Force $made }
}
