using CoordPS.Client;

namespace CoordPS.Cmdlets;

/// <summary>The operations of a transaction whose script block runs.</summary>
internal sealed class TransactionCollector
{
    private readonly List<ZNodeOperation> _operations = [];

    public IReadOnlyList<ZNodeOperation> Operations => _operations;

    public void Add(ZNodeOperation operation) => _operations.Add(operation);
}
