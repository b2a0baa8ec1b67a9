using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>The parts of a multi, each decoded once: by whoever made the transaction or read it.</summary>
internal sealed record DecodedMulti((OpCode Type, object Txn)[] Parts);
