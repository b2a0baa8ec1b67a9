using System.Collections.ObjectModel;
using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Carries out operations as one transaction, all of them or none: those that the cmdlets in a script block stand for, or operations from
/// the pipeline, as New-, Set-, Remove- and Test-ZNode emit them with <c>-AsOperation</c>.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ZNodeTransaction", SupportsShouldProcess = true, DefaultParameterSetName = ScriptSet)]
[OutputType(typeof(ZNodeTransactionResult))]
public sealed class InvokeZNodeTransactionCommand : SessionCmdlet
{
    private const string ScriptSet = "Script";
    private const string OperationSet = "Operation";

    private readonly List<ZNodeOperation> _operations = [];

    /// <summary>
    /// Runs at once. In it New-, Set-, Remove- and Test-ZNode change nothing and emit nothing: each adds its operation. Other cmdlets work as ever.
    /// An error in it ends it, and the transaction with it.
    /// </summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ScriptSet)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The operations.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = OperationSet, ValueFromPipeline = true)]
    public ZNodeOperation[] Operation { get; set; } = [];

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (Transaction is null)
            return Task.CompletedTask;
        ThrowTerminatingError(ErrorRecords.From(
            new CoordException(
                "NestedTransaction", ErrorCode.BadArguments, "A transaction can't be part of another.",
                "Put its operations into the outer script block, or run it before or after."),
            null));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        if (ParameterSetName == OperationSet)
            _operations.AddRange(Operation);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (ParameterSetName == ScriptSet)
            Collect();
        CoordSession session = CurrentSession;
        if (_operations.Count == 0)
        {
            WriteVerbose("The transaction has no operations: nothing to do.");
            return;
        }

        foreach (ZNodeOperation operation in _operations)
            WriteVerbose($"{operation}");
        if (!ShouldProcess(string.Join(", ", _operations), "Carry out as one transaction"))
            return;
        IReadOnlyList<OperationResult> results;
        try
        {
            results = await session.Client.MultiAsync([.. _operations.Select(operation => operation.Operation)], Cancellation);
        }
        catch (ZooKeeperException e)
        {
            WriteError(e, null);
            return;
        }

        for (int i = 0; i < results.Count; i++)
            WriteObject(new ZNodeTransactionResult(i + 1, _operations[i], results[i], session));
    }

    private void Collect()
    {
        RunspaceState state = RunspaceState.Current;
        var collector = new TransactionCollector();
        state.Transaction = collector;
        Collection<PSObject> output;
        try
        {
            // Half a transaction is not what was asked for: whatever goes wrong in the block ends it.
            output = ScriptBlock.InvokeWithContext(null, [new PSVariable("ErrorActionPreference", ActionPreference.Stop)], null);
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            WriteVerbose("The script block failed: the transaction is not carried out.");
            ThrowTerminatingError(e.ErrorRecord);
            return;
        }
        finally
        {
            state.Transaction = null;
        }

        foreach (PSObject emitted in output)
        {
            if (emitted?.BaseObject is ZNodeOperation operation)
                collector.Add(operation);
            else if (emitted is not null)
                WriteWarning($"The script block emitted '{emitted}', which is no operation and is ignored.");
        }

        _operations.AddRange(collector.Operations);
    }
}
