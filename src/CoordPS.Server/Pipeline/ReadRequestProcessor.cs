using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>
/// Answers requests that change nothing: straight from the tree into the connection's output, on the thread that received them.
/// </summary>
internal sealed class ReadRequestProcessor(DataTree tree, ServerConfig config)
{
    /// <summary>Tries this often to read the children of a node that keeps changing before it makes the writer wait.</summary>
    private const int LockFreeAttempts = 4;

    /// <summary>Whether an operation is answered here.</summary>
    public static bool IsRead(OpCode type) => type is
        OpCode.Exists or OpCode.GetData or OpCode.GetAcl or OpCode.GetChildren or OpCode.GetChildren2 or OpCode.Ping or OpCode.MultiRead
        or OpCode.SetWatches or OpCode.SetWatches2 or OpCode.AddWatch or OpCode.CheckWatches or OpCode.RemoveWatches
        or OpCode.GetEphemerals or OpCode.GetAllChildrenNumber or OpCode.WhoAmI;

    /// <summary>Answers a request. The payload begins after the request header.</summary>
    public void Process(ServerConnection connection, int xid, OpCode type, ReadOnlySpan<byte> payload)
    {
        if (type is OpCode.Exists or OpCode.GetData or OpCode.GetChildren or OpCode.GetChildren2 or OpCode.Ping or OpCode.GetAcl
            && connection.WatchCount == 0 && !WantsWatch(type, payload))
        {
            for (int attempt = 0; attempt < LockFreeAttempts && !tree.IsApplyingSeveral; attempt++)
            {
                bool done = false;
                lock (connection.OutputLock)
                {
                    JuteWriter output = connection.Output;
                    int start = output.Length;
                    done = TryWriteReply(connection, xid, type, payload, output);
                    if (!done)
                        output.Truncate(start);
                }

                if (done)
                    return;
            }
        }

        lock (tree.Gate)
        {
            // What waited behind a write may outlive its connection; a watch set now would never be removed.
            if (connection.IsClosed)
                return;
            // Events that a request itself fires (setWatches) go out before its reply.
            if (type is OpCode.SetWatches or OpCode.SetWatches2)
                FireMissed(connection, type, payload);
            lock (connection.OutputLock)
                TryWriteReply(connection, xid, type, payload, connection.Output);
        }
    }

    private static bool WantsWatch(OpCode type, ReadOnlySpan<byte> payload)
    {
        if (type is OpCode.Ping or OpCode.GetAcl || payload.Length < 5)
            return false;
        int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(payload);
        int watchAt = 4 + Math.Max(length, 0);
        return watchAt > 0 && watchAt < payload.Length && payload[watchAt] != 0;
    }

    private void FireMissed(ServerConnection connection, OpCode type, ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new JuteReader(payload);
            SetWatches2Request request;
            if (type == OpCode.SetWatches2)
            {
                request = SetWatches2Request.Read(ref reader);
            }
            else
            {
                var old = SetWatchesRequest.Read(ref reader);
                request = new SetWatches2Request(old.RelativeZxid, old.DataWatches, old.ExistWatches, old.ChildWatches, [], []);
            }

            tree.SetWatches(request, connection);
        }
        catch (JuteException)
        {
            // The reply, which is written next from the same bytes, says so.
        }
    }

    /// <summary>Writes the whole reply frame; false when the tree changed under it and what was written is to be taken back.</summary>
    private bool TryWriteReply(ServerConnection connection, int xid, OpCode type, ReadOnlySpan<byte> payload, JuteWriter output)
    {
        int frame = output.BeginFrame();
        int header = output.Length;
        output.WriteInt32(xid);
        output.WriteInt64(0);
        output.WriteInt32(0);
        int body = output.Length;
        ErrorCode error;
        try
        {
            var reader = new JuteReader(payload);
            error = WriteBody(connection, type, ref reader, output, out bool changed);
            if (changed)
                return false;
        }
        catch (JuteException)
        {
            error = ErrorCode.MarshallingError;
        }

        if (error != ErrorCode.Ok)
        {
            output.Truncate(body);
            output.PatchInt32(header + 12, (int)error);
        }

        output.PatchInt64(header + 4, tree.LastProcessedZxid);
        output.EndFrame(frame);
        connection.NoteReplySize(output.Length - frame);
        return true;
    }

    private ErrorCode WriteBody(ServerConnection connection, OpCode type, ref JuteReader reader, JuteWriter output, out bool changed)
    {
        changed = false;
        switch (type)
        {
            case OpCode.Ping:
                return ErrorCode.Ok;
            case OpCode.Exists:
                return WriteExists(connection, ref reader, output, out changed);
            case OpCode.GetData:
                return WriteData(connection, ref reader, output, out changed);
            case OpCode.GetChildren or OpCode.GetChildren2:
                return WriteChildren(connection, ref reader, output, type == OpCode.GetChildren2, out changed);
            case OpCode.GetAcl:
                return WriteAcl(connection, ref reader, output, out changed);
            case OpCode.GetAllChildrenNumber:
            {
                if (tree.Find(reader.ReadUtf8Span()) is not { } node)
                    return ErrorCode.NoNode;
                if (!Allows(connection, node, Permissions.Read))
                    return ErrorCode.NoAuth;
                output.WriteInt32(tree.CountBelow(node));
                return ErrorCode.Ok;
            }

            case OpCode.GetEphemerals:
            {
                string prefix = reader.ReadStringOrEmpty();
                bool all = prefix.Trim() is "" or "/";
                List<string> paths = [];
                foreach (string path in tree.EphemeralsOf(connection.SessionId))
                {
                    if (all || path.StartsWith(prefix, StringComparison.Ordinal))
                        paths.Add(path);
                }

                output.WriteStringVector(paths);
                return ErrorCode.Ok;
            }

            case OpCode.WhoAmI:
                new WhoAmIResponse([.. connection.Identities.Select(static id => new ClientInfo(id.Scheme, AuthenticationProviders.UserOf(id)))])
                    .Write(output);
                return ErrorCode.Ok;
            case OpCode.MultiRead:
                return WriteMultiRead(connection, ref reader, output);
            case OpCode.AddWatch:
            {
                var request = AddWatchRequest.Read(ref reader);
                if (request.Mode is not (AddWatchMode.Persistent or AddWatchMode.PersistentRecursive))
                    return ErrorCode.MarshallingError;
                tree.AddWatch(request.Path, connection, request.Mode);
                new ErrorResponse(ErrorCode.Ok).Write(output);
                return ErrorCode.Ok;
            }

            case OpCode.CheckWatches or OpCode.RemoveWatches:
            {
                var request = WatchesRequest.Read(ref reader);
                if (request.Type is < WatcherType.Children or > WatcherType.PersistentRecursive)
                    return ErrorCode.MarshallingError;
                bool found = type == OpCode.CheckWatches
                    ? tree.ContainsWatch(request.Path, request.Type, connection)
                    : tree.RemoveWatch(request.Path, request.Type, connection);
                return found ? ErrorCode.Ok : ErrorCode.NoWatcher;
            }

            case OpCode.SetWatches:
                SetWatchesRequest.Read(ref reader);
                return ErrorCode.Ok;
            case OpCode.SetWatches2:
                SetWatches2Request.Read(ref reader);
                return ErrorCode.Ok;
            default:
                return ErrorCode.Unimplemented;
        }
    }

    private ErrorCode WriteExists(ServerConnection connection, ref JuteReader reader, JuteWriter output, out bool changed)
    {
        changed = false;
        ReadOnlySpan<byte> path = reader.ReadUtf8Span();
        bool watch = reader.ReadBoolean();
        if (path.Contains((byte)0))
            return ErrorCode.BadArguments;
        if (watch)
            tree.DataWatches.Add(Text(path), connection);
        if (tree.Find(path) is not { } node)
            return ErrorCode.NoNode;
        node.ReadStat().Write(output);
        changed = !node.IsUnchanged;
        return ErrorCode.Ok;
    }

    /// <summary>The znode that a request names, if the connection may read it; watched from here on if the request asks for that.</summary>
    private ErrorCode Open(ServerConnection connection, ref JuteReader reader, WatchManager watches, out DataNode node, out bool changed)
    {
        changed = false;
        node = default;
        ReadOnlySpan<byte> path = reader.ReadUtf8Span();
        bool watch = reader.ReadBoolean();
        if (tree.Find(path) is not { } found)
            return ErrorCode.NoNode;
        node = found;
        if (!Allows(connection, node, Permissions.Read))
        {
            changed = !node.IsUnchanged;
            return ErrorCode.NoAuth;
        }

        if (watch)
            watches.Add(Text(path), connection);
        return ErrorCode.Ok;
    }

    private ErrorCode WriteData(ServerConnection connection, ref JuteReader reader, JuteWriter output, out bool changed)
    {
        ErrorCode error = Open(connection, ref reader, tree.DataWatches, out DataNode node, out changed);
        if (error != ErrorCode.Ok)
            return error;
        if (node.IsDataNull)
            output.WriteInt32(-1);
        else
            output.WriteBuffer(node.Data);
        node.ReadStat().Write(output);
        changed = !node.IsUnchanged;
        return ErrorCode.Ok;
    }

    private ErrorCode WriteChildren(ServerConnection connection, ref JuteReader reader, JuteWriter output, bool withStat, out bool changed)
    {
        ErrorCode error = Open(connection, ref reader, tree.ChildWatches, out DataNode node, out changed);
        if (error != ErrorCode.Ok)
            return error;
        int countAt = output.Length, count = 0;
        output.WriteInt32(0);
        foreach (DataNode child in node)
        {
            output.WriteBuffer(child.Name);
            count++;
        }

        output.PatchInt32(countAt, count);
        if (withStat)
            node.ReadStat().Write(output);
        changed = !node.IsUnchanged;
        return ErrorCode.Ok;
    }

    private ErrorCode WriteAcl(ServerConnection connection, ref JuteReader reader, JuteWriter output, out bool changed)
    {
        changed = false;
        if (tree.Find(reader.ReadUtf8Span()) is not { } node)
            return ErrorCode.NoNode;
        IReadOnlyList<Acl>? acl = tree.Acls.Find(node.Acl);
        Stat stat = node.ReadStat();
        changed = !node.IsUnchanged;
        if (changed)
            return ErrorCode.Ok;

        if (!config.SkipAcl)
        {
            if (!AuthenticationProviders.Allows(acl, Permissions.Read | Permissions.Admin, connection.Identities))
                return ErrorCode.NoAuth;
            // Only who may change the list is shown the hashes in it.
            if (!AuthenticationProviders.Allows(acl, Permissions.Admin, connection.Identities))
            {
                acl = [.. acl!.Select(static a => a.Id.Scheme == "digest"
                    ? a with { Id = new AclId("digest", a.Id.Id.Split(':', 2)[0] + ":x") } : a)];
            }
        }

        output.WriteVector(acl);
        stat.Write(output);
        return ErrorCode.Ok;
    }

    private ErrorCode WriteMultiRead(ServerConnection connection, ref JuteReader reader, JuteWriter output)
    {
        while (true)
        {
            var header = MultiHeader.Read(ref reader);
            if (header.Done)
                break;
            int start = output.Length;
            new MultiHeader(header.Type, false, ErrorCode.Ok).Write(output);
            ErrorCode error = header.Type switch
            {
                OpCode.GetData => WriteData(connection, ref reader, output, out _),
                OpCode.GetChildren => WriteChildren(connection, ref reader, output, withStat: false, out _),
                _ => throw new JuteException($"Operation {(int)header.Type} can't be part of a multiRead."),
            };
            if (error != ErrorCode.Ok)
            {
                output.Truncate(start);
                new MultiHeader(OpCode.Error, false, error).Write(output);
                new ErrorResponse(error).Write(output);
            }
        }

        new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(output);
        return ErrorCode.Ok;
    }

    private bool Allows(ServerConnection connection, DataNode node, Permissions permission) =>
        node.Acl == AclCache.Open || config.SkipAcl
        || AuthenticationProviders.Allows(tree.Acls.Find(node.Acl), permission, connection.Identities);

    private static string Text(ReadOnlySpan<byte> path) => System.Text.Encoding.UTF8.GetString(path);
}
