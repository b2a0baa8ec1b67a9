using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet whose work can be an operation of a transaction.</summary>
public abstract class ChangeZNodeCmdlet : PipelinedCmdlet
{
    /// <summary>Emits the operation for <c>Invoke-ZNodeTransaction</c> and does not carry it out.</summary>
    [Parameter]
    public SwitchParameter AsOperation { get; set; }

    /// <summary>Whether operations are collected or emitted, and not carried out.</summary>
    private protected bool IsDeferred => AsOperation || Transaction is not null;

    /// <summary>Adds the operation to the transaction whose script block runs, or emits it.</summary>
    private protected void Defer(ZooKeeperOperation operation)
    {
        var deferred = new ZNodeOperation(operation);
        if (Transaction is { } transaction)
            transaction.Add(deferred);
        else
            WriteObject(deferred);
    }

    /// <summary>Refuses what a transaction can't do.</summary>
    private protected void RefuseDeferred(string parameter)
    {
        if (!IsDeferred)
            return;
        ThrowTerminatingError(ErrorRecords.From(
            new CoordException(
                "NotInTransaction", ErrorCode.BadArguments, $"-{parameter} has to read and can't be part of a transaction.",
                "Do it before the transaction, or put each operation into it."),
            null));
    }
}
