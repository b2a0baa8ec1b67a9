using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>What applying a transaction gave: what its reply says.</summary>
internal struct TxnResult
{
    public OpCode Type;
    public ErrorCode Error;
    public string? Path;
    public Stat? Stat;
    public TxnResult[]? Multi;
}
