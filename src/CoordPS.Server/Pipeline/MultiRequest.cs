using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>The operations of a multi or multiRead as they came: headers and records until a header says it is done.</summary>
internal sealed record MultiRequest(IReadOnlyList<(OpCode Type, object Record)> Operations)
{
    public static MultiRequest Read(ref JuteReader reader)
    {
        List<(OpCode, object)> operations = [];
        while (true)
        {
            var header = MultiHeader.Read(ref reader);
            if (header.Done)
                return new MultiRequest(operations);
            operations.Add((header.Type, header.Type switch
            {
                OpCode.Create or OpCode.Create2 or OpCode.CreateContainer => CreateRequest.Read(ref reader),
                OpCode.CreateTtl => CreateTtlRequest.Read(ref reader),
                OpCode.Delete or OpCode.Check => PathVersionRequest.Read(ref reader),
                OpCode.SetData => SetDataRequest.Read(ref reader),
                OpCode.GetData => GetDataRequest.Read(ref reader),
                OpCode.GetChildren => GetChildrenRequest.Read(ref reader),
                _ => throw new JuteException($"Operation {(int)header.Type} can't be part of a multi."),
            }));
        }
    }
}
