using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>Reads what follows the header of a request that makes a transaction.</summary>
internal static class RequestRecords
{
    /// <summary>The request's record; null when the type has none that is read here.</summary>
    /// <exception cref="JuteException">The bytes are no such record.</exception>
    public static object? Read(OpCode type, ReadOnlySpan<byte> payload)
    {
        var reader = new JuteReader(payload);
        return type switch
        {
            OpCode.Create or OpCode.Create2 or OpCode.CreateContainer => CreateRequest.Read(ref reader),
            OpCode.CreateTtl => CreateTtlRequest.Read(ref reader),
            OpCode.Delete or OpCode.Check => PathVersionRequest.Read(ref reader),
            OpCode.SetData => SetDataRequest.Read(ref reader),
            OpCode.SetAcl => SetAclRequest.Read(ref reader),
            OpCode.Multi => MultiRequest.Read(ref reader),
            OpCode.Sync => PathRequest.Read(ref reader),
            OpCode.Reconfig => ReconfigRequest.Read(ref reader),
            _ => null,
        };
    }
}
