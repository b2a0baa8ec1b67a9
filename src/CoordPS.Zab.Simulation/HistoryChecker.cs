namespace CoordPS.Zab.Simulation;

/// <summary>
/// Checks clients' histories at the end: writes are linearizable, and each session's operations are sequential. The order
/// of transactions is the witness; what has to be shown is that it explains every answer and contradicts no clock.
/// </summary>
internal static class HistoryChecker
{
    public static void Check(IReadOnlyList<ZabProposal> order, IReadOnlyList<SimOperation> history, int registers)
    {
        // Replaying the order gives every register's value and version after every transaction.
        var versions = new int[registers];
        var states = new List<(long Zxid, long Value)>[registers];
        for (int i = 0; i < registers; i++)
            states[i] = [(0, 0)];
        var applied = new Dictionary<(int Client, int Number), (long Zxid, int Version)>();
        foreach (ZabProposal proposal in order)
        {
            if (!SimTxn.TryReadWrite(proposal.Payload, out int client, out int number, out int register, out long value))
                continue;
            versions[register]++;
            states[register].Add((proposal.Zxid, value));
            if (!applied.TryAdd((client, number), (proposal.Zxid, versions[register])))
                throw new SimulationFailure($"linearizable writes: operation {number} of client {client} was applied twice");
        }

        CheckWrites(history, applied);
        CheckSessions(history, states);
    }

    private static void CheckWrites(IReadOnlyList<SimOperation> history, Dictionary<(int Client, int Number), (long Zxid, int Version)> applied)
    {
        var writes = new List<SimOperation>();
        foreach (SimOperation operation in history)
        {
            if (operation.Kind != SimOperationKind.Write)
                continue;
            bool happened = applied.TryGetValue((operation.Client, operation.Number), out (long Zxid, int Version) effect);
            if (operation.Outcome == SimOutcome.Failed && happened)
                throw new SimulationFailure($"linearizable writes: operation {operation.Number} of client {operation.Client} was reported as failed and took effect");
            if (operation.Outcome == SimOutcome.Done && (!happened || effect != (operation.Zxid, operation.Version)))
                throw new SimulationFailure($"linearizable writes: the answer to operation {operation.Number} of client {operation.Client} is not what it did");
            if (!happened)
                continue;
            operation.Zxid = effect.Zxid; // also of those whose outcome the client did not learn
            writes.Add(operation);
        }

        // In order of zxid, no write may begin after a later one has ended.
        writes.Sort((a, b) => a.Zxid.CompareTo(b.Zxid));
        long earliestEnd = long.MaxValue;
        for (int i = writes.Count - 1; i >= 0; i--)
        {
            if (writes[i].Invoked > earliestEnd)
                throw new SimulationFailure($"linearizable writes: operation {writes[i].Number} of client {writes[i].Client} took effect before one that had ended when it began");
            earliestEnd = Math.Min(earliestEnd, writes[i].Completed);
        }
    }

    private static void CheckSessions(IReadOnlyList<SimOperation> history, List<(long Zxid, long Value)>[] states)
    {
        var seen = new Dictionary<int, long>();
        foreach (SimOperation operation in history)
        {
            if (operation.Outcome != SimOutcome.Done)
                continue;
            long last = seen.GetValueOrDefault(operation.Client);
            if (operation.Zxid < last)
                throw new SimulationFailure($"sequential sessions: operation {operation.Number} of client {operation.Client} sees {Zxid.Format(operation.Zxid)} after {Zxid.Format(last)}");
            seen[operation.Client] = operation.Zxid;
            if (operation.Kind != SimOperationKind.Read)
                continue;
            List<(long Zxid, long Value)> of = states[operation.Register];
            int low = 0, high = of.Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (of[middle].Zxid <= operation.Zxid)
                    low = middle + 1;
                else
                    high = middle;
            }

            if (of[low - 1].Value != operation.Value || low - 1 != operation.Version)
                throw new SimulationFailure($"sequential sessions: operation {operation.Number} of client {operation.Client} reads {operation.Value} (version {operation.Version}) as of {Zxid.Format(operation.Zxid)}, where the register holds {of[low - 1].Value} (version {low - 1})");
        }
    }
}
