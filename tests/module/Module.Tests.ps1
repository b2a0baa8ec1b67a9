BeforeAll {
    Import-Module "$PSScriptRoot/Peers.psm1"

    # A pwsh that has nothing of ours yet. Emits what the script emits, through JSON.
    function Invoke-Fresh([string] $Script) {
        $text = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; & { $Script } | ConvertTo-Json -Depth 4 -Compress" 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$text"
        $text | ConvertFrom-Json
    }
}

Describe 'The module' {
    It 'has a valid manifest that names each cmdlet' {
        $manifest = Test-ModuleManifest $global:CoordTestModulePath
        $manifest.ExportedCmdlets.Keys | Sort-Object | Should -Be ((Get-Command -Module CoordPS).Name | Sort-Object)
        $manifest.PowerShellVersion | Should -Be '7.6'
        $manifest.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'exports cmdlets with approved verbs only, and nothing else' {
        $module = Get-Module CoordPS
        $module.ExportedFunctions.Count + $module.ExportedVariables.Count + $module.ExportedAliases.Count | Should -Be 0
        $module.ExportedCmdlets.Values.Verb | Select-Object -Unique | Should -BeIn (Get-Verb).Verb
    }

    It 'documents an output type of each cmdlet that emits' {
        (Get-Command -Module CoordPS | Where-Object { -not $_.OutputType }).Name | Sort-Object | Should -Be 'Disconnect-Coord', 'Remove-CoordImage', 'Stop-CoordEnsemble'
    }

    It 'imports from a checkout' -Skip:(-not (Test-Path "$PSScriptRoot/../../out/CoordPS/CoordPS.psd1")) {
        $names = Invoke-Fresh "Import-Module '$PSScriptRoot/../../CoordPS.psd1'; (Get-Command -Module CoordPS).Name"
        $names | Should -Be (Get-Command -Module CoordPS).Name
    }

    It 'works beside another version of an assembly that it brings' {
        $folder = (New-Item TestDrive:/conflict -ItemType Directory).FullName
        $result = Invoke-Fresh @"
            `$other = [System.Reflection.AssemblyName]::new('Microsoft.Extensions.Logging.Abstractions, Version=1.2.3.4')
            `$builder = [System.Reflection.Emit.PersistedAssemblyBuilder]::new(`$other, [object].Assembly)
            `$null = `$builder.DefineDynamicModule('other')
            `$builder.Save('$folder/Microsoft.Extensions.Logging.Abstractions.dll')
            `$null = [System.Reflection.Assembly]::LoadFrom('$folder/Microsoft.Extensions.Logging.Abstractions.dll')
            Import-Module '$global:CoordTestModulePath'
            `$null = Start-CoordEnsemble | Connect-Coord
            `$value = (New-ZNode /isolated yes | Get-ZNode).Value
            Get-CoordEnsemble | Stop-CoordEnsemble
            @{
                Value = `$value
                Contexts = @([System.Runtime.Loader.AssemblyLoadContext]::All | ForEach-Object {
                    `$context = `$_.Name
                    `$_.Assemblies | ForEach-Object { @{ Context = `$context; Name = `$_.GetName().Name; Version = "`$(`$_.GetName().Version)" } }
                })
            }
"@
        $result.Value | Should -Be 'yes'
        $logging = $result.Contexts | Where-Object Name -EQ 'Microsoft.Extensions.Logging.Abstractions'
        ($logging | Where-Object Context -EQ 'Default').Version | Should -Be '1.2.3.4'
        ($logging | Where-Object Context -EQ 'CoordPS').Version | Should -Not -Be '1.2.3.4'
        $brought = (Get-ChildItem "$(Split-Path $global:CoordTestModulePath)/dependencies" -Filter *.dll -ErrorAction Ignore).BaseName
        $brought ??= (Get-ChildItem "$PSScriptRoot/../../out/CoordPS/dependencies" -Filter *.dll).BaseName
        $result.Contexts | Where-Object Context -EQ 'Default' | Where-Object Name -IN $brought | Select-Object -ExpandProperty Name |
            Should -Be 'Microsoft.Extensions.Logging.Abstractions'
        ($result.Contexts | Where-Object Name -Like 'CoordPS*' | Where-Object Context -NE 'CoordPS').Name | Should -Be 'CoordPS.Loader'
    }

    It 'ends what it has begun when it is removed' {
        $result = Invoke-Fresh @"
            Import-Module '$global:CoordTestModulePath'
            `$ensemble = Start-CoordEnsemble
            `$session = `$ensemble | Connect-Coord
            Remove-Module CoordPS
            @{ Ensemble = "`$(`$ensemble.State)"; Session = "`$(`$session.State)"; Data = Test-Path `$ensemble.DataPath }
"@
        $result.Ensemble | Should -Be 'Stopped'
        $result.Session | Should -Be 'Closed'
        $result.Data | Should -BeFalse
    }

    It 'ends what it has begun with the process' {
        $path = Invoke-Fresh "Import-Module '$global:CoordTestModulePath'; (Start-CoordEnsemble).DataPath"
        $path | Should -Not -BeNullOrEmpty
        Test-Path $path | Should -BeFalse
    }

    It 'can be imported again' {
        Invoke-Fresh @"
            1..2 | ForEach-Object {
                Import-Module '$global:CoordTestModulePath' -Force
                `$null = Start-CoordEnsemble | Connect-Coord
                (New-ZNode /again).Path
                Remove-Module CoordPS
            }
"@ | Should -Be '/again', '/again'
    }
}

Describe 'Views' {
    BeforeAll {
        $ensemble = Start-CoordEnsemble views
        $session = $ensemble | Connect-Coord
        $null = New-ZNode /view "some text`nand more"
    }
    AfterAll {
        Disconnect-Coord $session
        Stop-CoordEnsemble views
    }

    It 'show a znode as a table' {
        $text = Get-ZNode /view | Out-String -Width 160
        $text | Should -Match 'Mode\s+Version\s+Children\s+Length\s+Modified\s+Path\s+Value'
        $text | Should -Match 'Persistent\s+0\s+0\s+18\s+(\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d)\s+/view\s+some text and more'
    }

    It 'show bytes as bytes' {
        New-ZNode /view-bytes ([byte[]](0..20 + 255)) | Out-String -Width 200 | Should -BeLike '*`[00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ...`]*'
    }

    It 'show all of Stat as a list' {
        $text = Get-ZNode /view | Format-List | Out-String
        foreach ($property in 'Path', 'Mode', 'Value', 'DataLength', 'ChildCount', 'Version', 'ChildVersion', 'AclVersion', 'Created', 'Modified', 'Czxid', 'Mzxid', 'Pzxid', 'EphemeralOwner') {
            $text | Should -Match "(?m)^$property\s+:"
        }
        $text | Should -Match 'Czxid\s+: 0x[0-9a-f]+'
    }

    It 'show sessions, ensembles, lists, operations and results' {
        $session | Out-String -Width 160 | Should -Match "Id\s+State\s+Server\s+Chroot\s+Timeout\s+Default[\s\S]+$($session.Id)\s+Connected\s+127\.0\.0\.1:\d+\s+/\s+30s\s+\*"
        $ensemble | Out-String -Width 160 | Should -Match 'views\s+Running\s+1\s+1\s+InProcess\s+127\.0\.0\.1:\d+'
        Get-ZNodeAcl /view | Out-String -Width 160 | Should -Match '0\s+/view\s+world:anyone:cdrwa'
        Set-ZNode /view x -Version 3 -AsOperation | Out-String -Width 160 | Should -Match 'Set\s+3\s+1\s+/view'
        Invoke-ZNodeTransaction { Set-ZNode /view x } | Out-String -Width 160 | Should -Match '1\s+Set\s+1\s+/view'
    }

    It 'show locks, messages, services and settings' {
        $lock = Lock-Coord /view-lock
        $lock | Out-String -Width 160 | Should -Match 'State\s+Mode\s+FencingToken\s+Acquired\s+Path[\s\S]+Held\s+Exclusive\s+\d+\s+\S+\s+/view-lock'
        Get-CoordLock /view-lock | Out-String -Width 160 | Should -Match "1\s+Holder\s+Exclusive\s+\d+s\s+$($session.Id)\s+\S+\s+/view-lock"
        $lock | Unlock-Coord
        Send-CoordMessage /view-queue "two`nlines"
        Receive-CoordMessage /view-queue | Out-String -Width 160 | Should -Match '/view-queue\s+two lines'
        Register-CoordService view 80 -Address h -Id one -Metadata @{ zone = 'a' } | Out-String -Width 160 |
            Should -Match 'view\s+one\s+http://h:80\s+True\s+Dynamic\s+\S+\s+zone=a'
        Set-CoordConfig /view-config @{ a = 'b' } | Out-String -Width 160 | Should -Match 'Add\s+a\s+b'
    }
}

Describe 'Completion' {
    BeforeAll {
        $null = Start-CoordEnsemble completion | Connect-Coord
        '/apps', '/apps/web-1', '/apps/web-2', '/apps/with space', "/apps/it's", '/apps/db' | New-ZNode | Out-Null
        function Complete([string] $Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }
    }
    AfterAll {
        Disconnect-Coord
        Stop-CoordEnsemble completion
    }

    It 'offers the children of what is typed: <Text>' -ForEach @(
        @{ Text = 'Get-ZNode '; Offered = '/apps', '/zookeeper' }
        @{ Text = 'Get-ZNode /a'; Offered = '/apps' }
        @{ Text = 'Remove-ZNode /apps/web'; Offered = '/apps/web-1', '/apps/web-2' }
        @{ Text = 'Set-ZNode -Path /apps/wi'; Offered = "'/apps/with space'" }
        @{ Text = "Get-ZNode '/apps/it''s"; Offered = "'/apps/it''s'" }
        @{ Text = 'Stop-CoordEnsemble comp'; Offered = 'completion' }
        @{ Text = 'New-ZNode /x -Acl Rea'; Offered = 'ReadOnly' }
        @{ Text = 'Get-ZNode / -Encoding uni'; Offered = 'unicode' }
        @{ Text = 'New-ZNode /x -Mode Cont'; Offered = 'Container' }
    ) {
        Complete $Text | Should -Be $Offered
    }
}
