using System.Buffers.Binary;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

/// <summary>Makes sound requests of every operation, and breaks them.</summary>
internal sealed class FrameMutator(Random random)
{
    private static readonly int[] OddNumbers = [-1, -2, 0, 1, 4, 255, 256, 65535, 0xfffff, 0x100000, int.MaxValue, int.MinValue, int.MaxValue - 3];

    private static readonly OpCode[] Operations = [.. Enum.GetValues<OpCode>().Except([OpCode.CloseSession])];

    private int _xid;

    /// <summary>A sound request to open a session.</summary>
    public byte[] Connect() => RawConnection.Frame(new ConnectRequest(0, 0, 400, 0, new byte[16], random.Next(3) == 0 ? null : false).Write);

    /// <summary>A sound request of any operation but auth, which would end the connection by its answer, and close.</summary>
    public byte[] Request()
    {
        string path = random.Next(6) switch
        {
            0 => "/fuzz",
            1 => "/fuzz/a",
            2 => "/fuzz/a/b",
            3 => $"/fuzz/n{random.Next(200)}",
            4 => $"/fuzz/a/n{random.Next(50)}/x",
            _ => "/fuzz/\u00e9\u4e2d",
        };
        byte[]? data = random.Next(5) == 0 ? null : new byte[random.Next(random.Next(20) == 0 ? 5000 : 60)];
        int version = random.Next(3) == 0 ? random.Next(5) : -1;
        (OpCode Type, Action<JuteWriter>? Body) request = random.Next(27) switch
        {
            0 => (OpCode.Create, new CreateRequest(path, data, AnyAcl(), (CreateMode)random.Next(7)).Write),
            1 => (OpCode.Create2, new CreateRequest(path, data, AnyAcl(), CreateMode.EphemeralSequential).Write),
            2 => (OpCode.CreateContainer, new CreateRequest(path, data, AnyAcl(), CreateMode.Container).Write),
            3 => (OpCode.CreateTtl, new CreateTtlRequest(path, data, AnyAcl(), CreateMode.PersistentWithTtl, 1 + random.Next(2000)).Write),
            4 or 5 => (OpCode.Delete, new PathVersionRequest(path, version).Write),
            6 => (OpCode.Exists, new ExistsRequest(path, random.Next(2) == 0).Write),
            7 => (OpCode.GetData, new GetDataRequest(path, random.Next(2) == 0).Write),
            8 => (OpCode.SetData, new SetDataRequest(path, data, version).Write),
            9 => (OpCode.GetAcl, new PathRequest(path).Write),
            10 => (OpCode.SetAcl, new SetAclRequest(path, AnyAcl(), version).Write),
            11 => (OpCode.GetChildren, new GetChildrenRequest(path, random.Next(2) == 0).Write),
            12 => (OpCode.GetChildren2, new GetChildrenRequest(path, random.Next(2) == 0).Write),
            13 => (OpCode.Sync, new PathRequest(path).Write),
            14 => (OpCode.Ping, null),
            15 => (OpCode.Check, new PathVersionRequest(path, version).Write),
            16 => (OpCode.Multi, Multi(path, data, version)),
            17 => (OpCode.MultiRead, MultiRead(path)),
            18 => (OpCode.SetWatches, new SetWatchesRequest(random.Next(1000), [path], [path + "/x"], [path]).Write),
            19 => (OpCode.SetWatches2, new SetWatches2Request(random.Next(1000), [path], [path + "/x"], [path], [path], ["/fuzz"]).Write),
            20 => (OpCode.AddWatch, new AddWatchRequest(path, (AddWatchMode)random.Next(2)).Write),
            21 => (OpCode.CheckWatches, new WatchesRequest(path, (WatcherType)(1 + random.Next(5))).Write),
            22 => (OpCode.RemoveWatches, new WatchesRequest(path, (WatcherType)(1 + random.Next(5))).Write),
            23 => (OpCode.GetEphemerals, new PathRequest(path).Write),
            24 => (OpCode.GetAllChildrenNumber, new PathRequest(path).Write),
            25 => (OpCode.WhoAmI, null),
            _ => (OpCode.Auth, new AuthPacket(0, "digest", "user:secret"u8.ToArray()).Write),
        };
        return RawConnection.Frame(++_xid, request.Type, request.Body);
    }

    /// <summary>
    /// Breaks a frame in up to three ways; a few stay sound, so that there is something for others to meet. Mostly its length stays
    /// true, so that what follows is understood.
    /// </summary>
    public byte[] Mutate(byte[] frame)
    {
        for (int i = random.Next(10) == 0 ? -1 : random.Next(3); i >= 0 && frame.Length > 4; i--)
        {
            int at = 4 + random.Next(frame.Length - 4);
            switch (random.Next(9))
            {
                case 0:
                    frame[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    frame[at] = (byte)random.Next(256);
                    break;
                case 2:
                    frame = frame[..at];
                    break;
                case 3:
                    frame = [.. frame, .. RandomBytes(random.Next(30))];
                    break;
                case 4:
                    frame = [.. frame.AsSpan(0, at), .. RandomBytes(1 + random.Next(8)), .. frame.AsSpan(at)];
                    break;
                case 5 when at + 4 <= frame.Length:
                    // A length, a count, a version or part of a name becomes an odd number.
                    BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(at), OddNumbers[random.Next(OddNumbers.Length)]);
                    break;
                case 6 when frame.Length >= 12:
                    BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(8), random.Next(30) == 0 ? random.Next() : (int)Operations[random.Next(Operations.Length)]);
                    break;
                case 7:
                    // What is no UTF-8.
                    frame[at] = (byte)(0xc0 | random.Next(64));
                    break;
                case 8 when random.Next(60) == 0:
                    BinaryPrimitives.WriteInt32BigEndian(frame, OddNumbers[random.Next(OddNumbers.Length)]);
                    return frame;
                default:
                    break;
            }
        }

        if (frame.Length >= 4)
            BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private IReadOnlyList<Acl>? AnyAcl() => random.Next(8) switch
    {
        0 => null,
        1 => [],
        2 => [new Acl(Permissions.All, AclId.AuthIds)],
        3 => [new Acl((Permissions)random.Next(32), new AclId("ip", "127.0.0.0/8")), .. Acl.OpenUnsafe],
        4 => [new Acl(Permissions.All, new AclId("digest", "a:" + random.Next(100))), .. Acl.OpenUnsafe],
        _ => Acl.OpenUnsafe,
    };

    private Action<JuteWriter> Multi(string path, byte[]? data, int version) => writer =>
    {
        for (int i = random.Next(5); i > 0; i--)
        {
            (OpCode Type, Action<JuteWriter> Body) part = random.Next(4) switch
            {
                0 => (OpCode.Create, new CreateRequest(path, data, AnyAcl(), (CreateMode)random.Next(5)).Write),
                1 => (OpCode.Delete, new PathVersionRequest(path, version).Write),
                2 => (OpCode.SetData, new SetDataRequest(path, data, version).Write),
                _ => (OpCode.Check, new PathVersionRequest(path, version).Write),
            };
            new MultiHeader(part.Type, false, (ErrorCode)(-1)).Write(writer);
            part.Body(writer);
        }

        new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(writer);
    };

    private Action<JuteWriter> MultiRead(string path) => writer =>
    {
        for (int i = random.Next(4); i > 0; i--)
        {
            bool data = random.Next(2) == 0;
            new MultiHeader(data ? OpCode.GetData : OpCode.GetChildren, false, (ErrorCode)(-1)).Write(writer);
            if (data)
                new GetDataRequest(path, random.Next(2) == 0).Write(writer);
            else
                new GetChildrenRequest(path, false).Write(writer);
        }

        new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(writer);
    };
}
