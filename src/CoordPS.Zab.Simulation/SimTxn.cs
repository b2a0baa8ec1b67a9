using System.Buffers.Binary;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>The simulated application's transactions and requests: a register is set, with the real header in front.</summary>
internal static class SimTxn
{
    private const int HeaderSize = 32;

    public static byte[] Write(int client, int number, long zxid, int register, long value)
    {
        byte[] payload = new byte[HeaderSize + 12];
        WriteHeader(payload, client, number, zxid, OpCode.SetData);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(HeaderSize), register);
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(HeaderSize + 4), value);
        return payload;
    }

    public static byte[] Reconfig(long zxid, EnsembleConfig config)
    {
        using var writer = new JuteWriter(512);
        new TxnHeader(0, 0, zxid, 0, OpCode.Reconfig).Write(writer);
        new SetDataTxn("/zookeeper/config", Encoding.UTF8.GetBytes(config.ToString()), -1).Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    public static bool TryReadWrite(byte[] payload, out int client, out int number, out int register, out long value)
    {
        client = (int)BinaryPrimitives.ReadInt64BigEndian(payload);
        number = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(8));
        register = 0;
        value = 0;
        if (BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(28)) != (int)OpCode.SetData)
            return false;
        register = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(HeaderSize));
        value = BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(HeaderSize + 4));
        return true;
    }

    /// <summary>A request as learners forward it: session, xid, op code, record.</summary>
    public static byte[] Request(int client, int number, OpCode type, int register, long value)
    {
        byte[] data = new byte[28];
        BinaryPrimitives.WriteInt64BigEndian(data, client);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(8), number);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(12), (int)type);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(16), register);
        BinaryPrimitives.WriteInt64BigEndian(data.AsSpan(20), value);
        return data;
    }

    public static (int Client, int Number, OpCode Type, int Register, long Value) ReadRequest(byte[] data) => (
        (int)BinaryPrimitives.ReadInt64BigEndian(data),
        BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(8)),
        (OpCode)BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(12)),
        BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(16)),
        BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(20)));

    private static void WriteHeader(byte[] payload, long client, int number, long zxid, OpCode type)
    {
        BinaryPrimitives.WriteInt64BigEndian(payload, client);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(8), number);
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(12), zxid);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(28), (int)type);
    }
}
