namespace CoordPS.Zab.Simulation;

/// <summary>
/// A client with a session: connected to one member at a time, one call in flight, and it never connects to a member that
/// has seen less than it has itself.
/// </summary>
internal sealed class SimClient(SimWorld world, int id, List<SimOperation> history)
{
    private const long CallTimeout = 800_000;

    private SimMember? _member;
    private int _service;
    private SimOperation? _current;
    private long _seen;
    private int _number;
    private int _wake;

    public bool IsActive { get; set; } = true;

    public int AcknowledgedWrites { get; private set; }

    public int Reads { get; private set; }

    public void Start() => Next(world.Random.Between(1_000, 50_000));

    public void Step()
    {
        if (_current is not null)
        {
            if (world.Now - _current.Invoked >= CallTimeout)
            {
                // The connection is taken as lost, and the outcome as unknown.
                _current = null;
                _member = null;
            }
            else
            {
                Next(CallTimeout - (world.Now - _current.Invoked));
                return;
            }
        }

        if (!IsActive)
            return;
        if (_member is null || !_member.IsServing || _member.Service != _service)
        {
            _member = null;
            SimMember candidate = world.Members[world.Random.Index(world.Members.Count)];
            if (candidate.IsServing && candidate.AppliedZxid >= _seen)
                (_member, _service) = (candidate, candidate.Service);
            Next(world.Random.Between(5_000, 40_000));
            return;
        }

        int dice = world.Random.Index(20);
        SimOperationKind kind = dice < 11 ? SimOperationKind.Write : dice < 18 ? SimOperationKind.Read : SimOperationKind.Sync;
        _current = new SimOperation { Client = id, Number = ++_number, Kind = kind, Register = world.Random.Index(SimWorld.Registers), Invoked = world.Now };
        if (kind == SimOperationKind.Write)
            _current.Value = ((long)id << 32) | (uint)_number;
        history.Add(_current);
        world.Schedule(world.Random.Between(100, 2_000), SimEventKind.Invoke, _member.Index, _service, _current);
        Next(CallTimeout);
    }

    public void Replied(SimOperation operation, SimOutcome outcome)
    {
        if (operation != _current)
            return; // it has given up
        _current = null;
        operation.Outcome = outcome;
        operation.Completed = world.Now;
        if (outcome == SimOutcome.Done)
        {
            _seen = Math.Max(_seen, operation.Zxid);
            if (operation.Kind == SimOperationKind.Write)
            {
                AcknowledgedWrites++;
                world.Checker.Acknowledged(operation.Zxid);
            }
            else if (operation.Kind == SimOperationKind.Read)
            {
                Reads++;
            }
        }
        else
        {
            _member = null;
        }

        Next(world.Random.Between(1_000, 60_000));
    }

    private void Next(long delay) => world.Schedule(delay, SimEventKind.ClientStep, id, ++_wake);

    public bool IsCurrent(int wake) => wake == _wake;
}
