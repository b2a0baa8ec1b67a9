# What the scripts of the tasks have in common. The queue leads to the task's log.
param([Parameter(Mandatory)] $Queue)
Set-StrictMode -Version 3.0

# Loads CoordPS from where the task was told, or by its name.
function Import-TaskModule([AllowNull()] [AllowEmptyString()] [string] $Path, [version] $MinimumVersion) {
    if ($Path) {
        $module = Import-Module $Path -PassThru -Global
        if ($module.Version -lt $MinimumVersion) {
            Stop-Task ModuleTooOld "'$Path' is CoordPS $($module.Version); these tasks need $MinimumVersion or later." 'Update it, or use an older version of the extension.'
        }
    }
    elseif (Get-Module CoordPS -ListAvailable | Where-Object Version -ge $MinimumVersion) {
        $module = Import-Module CoordPS -MinimumVersion $MinimumVersion -PassThru -Global
    }
    else {
        Stop-Task ModuleMissing "CoordPS $MinimumVersion or later is not installed on this agent." 'Install it where $env:PSModulePath finds it, or set the input modulePath, or the variable CoordPS.ModulePath, to its folder.'
    }
    Write-Verbose "CoordPS $($module.Version) of $($module.ModuleBase)"
}

# Ends the script with an error that has an id and says what to do.
function Stop-Task([string] $Id, [string] $Message, [string] $Action, [Management.Automation.ErrorCategory] $Category = 'InvalidOperation') {
    $record = [Management.Automation.ErrorRecord]::new([InvalidOperationException]::new($Message), $Id, $Category, $null)
    $record.ErrorDetails = [Management.Automation.ErrorDetails]::new($Message)
    $record.ErrorDetails.RecommendedAction = $Action
    throw $record
}

# Opens a session with the ensemble that the inputs name.
function Connect-TaskEnsemble([hashtable] $Ensemble) {
    $arguments = @{ ConnectionString = $Ensemble.connectionString; NoDrive = $true }
    if ($Ensemble['user']) {
        $password = [securestring]::new()
        foreach ($character in $Ensemble.password.ToCharArray()) { $password.AppendChar($character) }
        $arguments.Credential = [pscredential]::new($Ensemble.user, $password)
    }
    if ($Ensemble['timeout']) { $arguments.Timeout = $Ensemble.timeout }
    $session = Connect-Coord @arguments
    Write-Verbose "connected to $($Ensemble.connectionString)"
    $session
}

# Sets an output variable of the step.
function Set-TaskVariable([string] $Name, [AllowNull()] [object] $Value) {
    $Queue.Add(@{ type = 'variable'; name = $Name; value = "$Value" })
}

# Adds Markdown to the summary of the run.
function Add-TaskSummary([string] $Text) {
    $Queue.Add(@{ type = 'summary'; text = $Text })
}

# Shows what comes, streams merged into one, in the log: text as it is, objects as PowerShell shows them, one table for those that follow each
# other. It is the end of a pipeline, so that what a script prints passes no cmdlet in between.
function Out-Task {
    param([Parameter(ValueFromPipeline)] [AllowNull()] [object] $InputObject)
    begin { $table = $null }
    process {
        if ($null -eq $InputObject) { return }
        $type = $InputObject.GetType()
        $isText = $type.IsPrimitive -or $type.Name -in 'String', 'ErrorRecord', 'WarningRecord', 'VerboseRecord', 'DebugRecord', 'InformationRecord'
        if ($isText) {
            if ($table) { $table.End() | ForEach-Object { $Queue.Add($_) }; $table = $null }
            $Queue.Add($InputObject)
            return
        }
        if (-not $table) {
            $table = { Out-String -Stream -Width 200 }.GetSteppablePipeline($MyInvocation.CommandOrigin)
            $table.Begin($true)
        }
        $table.Process($InputObject) | ForEach-Object { $Queue.Add($_) }
    }
    end { if ($table) { $table.End() | ForEach-Object { $Queue.Add($_) } } }
}

Export-ModuleMember -Function *
