using CoordPS.Protocol;

namespace CoordPS.Interop.Tests;

/// <summary>A request of one of some sessions; <see cref="OpCode.CreateSession"/> stands for a reconnect.</summary>
internal sealed record GeneratedRequest(int Session, OpCode Type, byte[]? Body, string Description)
{
    public override string ToString() => $"session {Session}: {Type} {Description}";
}

/// <summary>Makes requests from a seed: most make sense, some are odd, and they often meet the same znodes.</summary>
internal sealed class RequestGenerator(Random random)
{
    private static readonly string[] Usual = ["/d", "/d/a", "/d/b", "/d/a/x", "/d/a/y", "/d/s", "/d/a/s", "/d/c", "/d/c/x", "/d/e", "/d/e/x", "/d/t", "/q", "/q/a", "/q/b", "/q/a/x"];

    private static readonly string[] Odd =
    [
        "/", "", "d", "/d/", "//", "/d//a", "/d/.", "/d/..", "/d/.x", "/d/\u0001", "/d/\u00e9", "/d/a b", "/d/\ud7ff", "/d/\uf900", "/missing/x", "/zookeeper", "/zookeeper/quota",
        "/zookeeper/config", "/zookeeper/quota/q", "/zookeeper/quota/q/zookeeper_limits", "/zookeeper/quota/q/zookeeper_stats", "/zookeeper/x", "/zookeeper/quota/q/a/zookeeper_limits",
    ];

    private static readonly string[] Limits = ["count=5,bytes=20", "count=-1,bytes=-1=;byteHardLimit=30;countHardLimit=6", "count=-1,bytes=-1=;countHardLimit=4", ""];

    /// <summary>What the others are about.</summary>
    public static IEnumerable<GeneratedRequest> Opening()
    {
        foreach (string path in new[] { "/d", "/q", "/zookeeper/quota/q" })
            yield return Make(2, OpCode.Create, path, w => new CreateRequest(path, null, Acl.OpenUnsafe, CreateMode.Persistent).Write(w));
        foreach ((string path, string data) in new[] { ("/zookeeper/quota/q/zookeeper_limits", Limits[1]), ("/zookeeper/quota/q/zookeeper_stats", "count=0,bytes=0") })
            yield return Make(2, OpCode.Create, path, w => new CreateRequest(path, System.Text.Encoding.UTF8.GetBytes(data), Acl.OpenUnsafe, CreateMode.Persistent).Write(w));
    }

    public GeneratedRequest Next(int sessions)
    {
        int session = random.Next(sessions);
        string path = AnyPath();
        int version = random.Next(4) == 0 ? random.Next(-3, 4) : -1;
        // Apache 3.8.0 keeps one mode of watch for a path and session: the first session's are persistent, the others' are not.
        bool watch = session > 0 && random.Next(3) == 0;
        switch (random.Next(34))
        {
            case < 6:
                return Create(session, random.Next(3) == 0 ? OpCode.Create2 : OpCode.Create, path);
            case 6:
                return Create(session, OpCode.CreateContainer, path);
            case 7 or 8:
            {
                CreateMode mode = random.Next(5) == 0 ? (CreateMode)random.Next(7) : CreateMode.PersistentWithTtl + random.Next(2);
                long ttl = random.Next(5) switch { 0 => -1, 1 => 0, 2 => 0xffffffffff, 3 => 0x10000000000, _ => 1_000_000 };
                // By an operation that is for others, Apache logs what it can't read.
                if (!mode.IsTtl && ttl == -1)
                    ttl = 1;
                return Make(session, OpCode.CreateTtl, $"{path} {mode} {ttl}", new CreateTtlRequest(path, AnyData(path), AnyAcl(), mode, ttl).Write);
            }

            case 9 or 10 or 11:
                return Make(session, OpCode.Delete, $"{path} {version}", new PathVersionRequest(path, version).Write);
            case 12 or 13 or 14:
            {
                byte[]? data = AnyData(path);
                return Make(session, OpCode.SetData, $"{path} {data?.Length} {version}", new SetDataRequest(path, data, version).Write);
            }

            case 15 or 16:
            {
                IReadOnlyList<Acl>? acl = AnyAcl();
                return Make(session, OpCode.SetAcl, $"{path} {Show(acl)} {version}", new SetAclRequest(path, acl, version).Write);
            }

            case 17:
                return Make(session, OpCode.GetAcl, path, new PathRequest(path).Write);
            case 18:
                return Make(session, OpCode.Exists, $"{path} {watch}", new ExistsRequest(path, watch).Write);
            case 19:
                return Make(session, OpCode.GetData, $"{path} {watch}", new GetDataRequest(path, watch).Write);
            case 20:
                return Make(session, random.Next(2) == 0 ? OpCode.GetChildren : OpCode.GetChildren2, $"{path} {watch}", new GetChildrenRequest(path, watch).Write);
            case 21:
                return Make(session, OpCode.Sync, path, new PathRequest(path).Write);
            case 22 or 23:
                return Multi(session);
            case 24:
                return MultiRead(session);
            case 25:
            {
                AddWatchMode mode = (AddWatchMode)(path.Length % 2);
                return Make(0, OpCode.AddWatch, $"{path} {mode}", new AddWatchRequest(path, mode).Write);
            }

            case 26:
                // Kinds are asked for only where 3.8.0 can tell them apart; what it answers to checkWatches is about any session's.
                return Make(session, OpCode.RemoveWatches, $"{path} Any", new WatchesRequest(path, WatcherType.Any).Write);

            case 27:
                return Make(session, OpCode.GetEphemerals, path, new PathRequest(path).Write);
            case 28:
                // Under its other name Apache counts the root as one below itself.
                path = path.Length == 0 ? "/" : path;
                return Make(session, OpCode.GetAllChildrenNumber, path, new PathRequest(path).Write);
            case 29:
                return new GeneratedRequest(session, OpCode.WhoAmI, null, "");
            case 30:
                return random.Next(4) == 0
                    ? new GeneratedRequest(session, random.Next(3) == 0 ? OpCode.CloseSession : OpCode.CreateSession, null, "")
                    : Make(session, OpCode.Auth, "", new AuthPacket(0, "digest", "other:x"u8.ToArray()).Write);
            case 31:
                return random.Next(4) == 0
                    ? new GeneratedRequest(session, (OpCode)random.Next(108, 200), null, "")
                    : Make(session, OpCode.Reconfig, "", new ReconfigRequest("", "", "", -1).Write);
            case 32:
                return Truncated(Next(sessions));
            default:
            {
                long zxid = random.Next(50);
                session = Math.Max(1, session);
                return Make(session, OpCode.SetWatches2, $"{path} since {zxid}", new SetWatches2Request(zxid, [path], [AnyPath()], [path], [], []).Write);
            }
        }
    }

    private static GeneratedRequest Make(int session, OpCode type, string description, Action<JuteWriter> body)
    {
        using var writer = new JuteWriter();
        body(writer);
        return new GeneratedRequest(session, type, writer.WrittenSpan.ToArray(), description);
    }

    private static string Show(IReadOnlyList<Acl>? acl) => acl is null ? "null" : $"[{string.Join(',', acl)}]";

    /// <summary>A request without its end. Of a reconfig Apache reads that before it takes a zxid, of all others after.</summary>
    private GeneratedRequest Truncated(GeneratedRequest request) => request.Body is { Length: > 0 } body && request.Type != OpCode.Reconfig
        ? request with { Body = body[..random.Next(body.Length)], Description = $"{request.Description} cut short" }
        : request;

    private GeneratedRequest Create(int session, OpCode type, string path)
    {
        CreateMode mode = type == OpCode.CreateContainer ? CreateMode.Container
            : random.Next(12) == 0 ? (CreateMode)random.Next(5, 10)
            : random.Next(2) == 0 ? CreateMode.Persistent : (CreateMode)random.Next(4);
        IReadOnlyList<Acl>? acl = AnyAcl();
        byte[]? data = AnyData(path);
        return Make(session, type, $"{path} {mode} {data?.Length} {Show(acl)}", new CreateRequest(path, data, acl, mode).Write);
    }

    private GeneratedRequest Multi(int session)
    {
        List<string> parts = [];
        return Make(session, OpCode.Multi, "", writer =>
        {
            for (int i = random.Next(5); i > 0; i--)
            {
                string path = AnyPath();
                int version = random.Next(4) == 0 ? random.Next(3) : -1;
                (OpCode Type, Action<JuteWriter> Body) part = random.Next(5) switch
                {
                    0 or 1 => (OpCode.Create, new CreateRequest(path, AnyData(path), Acl.OpenUnsafe, random.Next(3) == 0 ? (CreateMode)random.Next(5) : CreateMode.Persistent).Write),
                    2 => (OpCode.Delete, new PathVersionRequest(path, version).Write),
                    3 => (OpCode.SetData, new SetDataRequest(path, AnyData(path), version).Write),
                    _ => (OpCode.Check, new PathVersionRequest(path, version).Write),
                };
                parts.Add($"{part.Type} {path}");
                new MultiHeader(part.Type, false, (ErrorCode)(-1)).Write(writer);
                part.Body(writer);
            }

            new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(writer);
        }) with
        { Description = string.Join("; ", parts) };
    }

    private GeneratedRequest MultiRead(int session) => Make(session, OpCode.MultiRead, "", writer =>
    {
        for (int i = random.Next(4); i > 0; i--)
        {
            bool data = random.Next(2) == 0;
            new MultiHeader(data ? OpCode.GetData : OpCode.GetChildren, false, (ErrorCode)(-1)).Write(writer);
            if (data)
                new GetDataRequest(AnyPath(), false).Write(writer);
            else
                new GetChildrenRequest(AnyPath(), false).Write(writer);
        }

        new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(writer);
    });

    private string AnyPath() => random.Next(6) == 0 ? Odd[random.Next(Odd.Length)] : Usual[random.Next(Usual.Length)];

    /// <summary>Data; where quotas are looked for, always a quota: over another text Apache stumbles with every write below.</summary>
    private byte[]? AnyData(string path) => path.EndsWith("zookeeper_limits", StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetBytes(Limits[random.Next(Limits.Length)])
        : path.EndsWith("zookeeper_stats", StringComparison.Ordinal) ? "count=0,bytes=0"u8.ToArray()
        : random.Next(6) switch { 0 => null, 1 => [], _ => [.. Enumerable.Repeat((byte)'x', random.Next(12))] };

    private IReadOnlyList<Acl>? AnyAcl() => random.Next(20) switch
    {
        0 => null,
        1 => [],
        2 => [new Acl(Permissions.All, AclId.AuthIds)],
        3 => Acl.ReadUnsafe,
        4 => [new Acl((Permissions)random.Next(32), AclId.Anyone)],
        5 => [new Acl(Permissions.All, new AclId("ip", "127.0.0.0/8"))],
        6 => [new Acl(Permissions.All, new AclId("ip", random.Next(2) == 0 ? "10.0.0.1" : "nonsense"))],
        7 => [new Acl(Permissions.Read, new AclId("digest", DigestIdentity.Generate("user1:secret"))), new Acl(Permissions.Admin, AclId.Anyone)],
        8 => [new Acl(Permissions.All, new AclId(random.Next(2) == 0 ? "world" : "nothing", "x"))],
        9 => [new Acl(Permissions.All, new AclId("digest", random.Next(3) switch { 0 => "a", 1 => "a:", _ => "a:b:c" }))],
        _ => Acl.OpenUnsafe,
    };
}
