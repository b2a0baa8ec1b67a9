using System.Text;
using CoordPS.Protocol;
using CoordPS.Testing;
using Xunit.Abstractions;

namespace CoordPS.Interop.Tests;

/// <summary>
/// The same requests, sound and odd, to both makes of server: every reply and every event must be the same but for session ids and
/// times. The seed is in the output; set COORDPS_COMPARE_SEED to have a run again, COORDPS_COMPARE_REQUESTS for a longer one, and
/// COORDPS_COMPARE_HISTORY to a file for what was said.
/// </summary>
public sealed class ReplyComparisonTests(ITestOutputHelper output)
{
    private const int Sessions = 3;

    // Sessions are left behind whenever a server closes the connection: they must not end, at one server before the other, while others are compared.
    private const int SessionTimeout = 3_600_000;

    [PeerFact(Peer.Apache)]
    public async Task Both_servers_reply_the_same()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("COORDPS_COMPARE_SEED"), out int given) ? given : Random.Shared.Next();
        int requests = int.TryParse(Environment.GetEnvironmentVariable("COORDPS_COMPARE_REQUESTS"), out int count) ? count : 4000;
        output.WriteLine($"COORDPS_COMPARE_SEED={seed}");
        var options = new TestServerOptions
        {
            TickTime = 2000,
            ConfigLines = [$"maxSessionTimeout={SessionTimeout}"],
            Properties = new Dictionary<string, string> { ["zookeeper.enforceQuota"] = "true", ["znode.container.checkIntervalMs"] = "3600000" },
        };
        await using ApacheZooKeeper apache = await ApacheZooKeeper.StartNewAsync(options);
        await using InProcessZooKeeper ours = await InProcessZooKeeper.StartNewAsync(options);
        using var theirs = new Conversation(apache.Port);
        using var own = new Conversation(ours.Port);
        await Task.WhenAll(theirs.StartAsync(), own.StartAsync());
        var generator = new RequestGenerator(new Random(seed));
        Dictionary<string, int> tally = [];
        List<string> differences = [], history = [];
        foreach (GeneratedRequest request in RequestGenerator.Opening().Concat(Enumerable.Repeat(generator, requests).Select(g => g.Next(Sessions))))
        {
            string[] said = await Task.WhenAll(theirs.SayAsync(request), own.SayAsync(request));
            history.Add($"{request}\n    {said[0]}");
            string error = said[0].Split(' ', 2)[0];
            tally[error] = tally.GetValueOrDefault(error) + 1;
            if (said[0] == said[1])
                continue;
            differences.Add($"{request}\n  Apache:  {said[0]}\n  CoordPS: {said[1]}");
            if (differences.Count == 15)
                break;
        }

        if (Environment.GetEnvironmentVariable("COORDPS_COMPARE_HISTORY") is { } file)
            await File.WriteAllLinesAsync(file, history);
        output.WriteLine(string.Join(", ", tally.OrderByDescending(t => t.Value).Select(t => $"{t.Key} {t.Value}")));
        Assert.True(differences.Count == 0, $"{differences.Count} of {history.Count} replies differ:\n{string.Join('\n', differences)}");
    }

    /// <summary>The sessions on one server.</summary>
    private sealed class Conversation(int port) : IDisposable
    {
        private readonly RawConnection?[] _connections = new RawConnection?[Sessions];
        private readonly Dictionary<long, int> _known = [];
        private long _baseZxid;

        public async Task StartAsync()
        {
            for (int i = 0; i < Sessions; i++)
                await OpenAsync(i);
            RawReply reply = await _connections[0]!.CallAsync(OpCode.Exists, new ExistsRequest("/", false).Write);
            _baseZxid = reply.Header.Zxid;
        }

        /// <summary>Sends a request and tells what came of it, and which events came to whom.</summary>
        public async Task<string> SayAsync(GeneratedRequest request)
        {
            var told = new StringBuilder();
            if (request.Type == OpCode.CreateSession)
            {
                RawConnection connection = _connections[request.Session]!;
                (long session, byte[] password) = (connection.SessionId, connection.Password);
                connection.Dispose();
                RawConnection again = await RawConnection.OpenAsync(port);
                _connections[request.Session] = again;
                ConnectResponse? response = await again.OpenSessionAsync(SessionTimeout, session, password);
                return $"resumed {response!.Value.SessionId == session} {response.Value.TimeoutMilliseconds}";
            }

            int xid = await _connections[request.Session]!.SendAsync(request.Type, request.Body is { } body ? w => w.WriteRaw(body) : null);
            List<string> events = [];
            RawReply? reply = await ReceiveAsync(request.Session, events);
            told.Append(reply is null ? "closed" : Tell(request.Type, xid, reply));
            if (reply is null)
                await OpenAsync(request.Session);
            for (int session = 0; session < Sessions; session++)
            {
                // The answer to a ping comes behind every event there is.
                await _connections[session]!.SendAsync(OpCode.Ping);
                RawReply? ping = await ReceiveAsync(session, events);
                if (ping is null)
                {
                    told.Append(" then closed");
                    await OpenAsync(session);
                }
                else if (ping.Header.Xid != Xids.Ping)
                {
                    told.Append(" and another reply ").Append(ping.Header);
                }

                // A session's ephemerals go in no order.
                if (request.Type == OpCode.CloseSession)
                    events.Sort(StringComparer.Ordinal);
                if (events.Count > 0)
                    told.Append($" events of {session}: ").AppendJoin(", ", events);
                events.Clear();
            }

            return told.ToString();
        }

        public void Dispose()
        {
            foreach (RawConnection? connection in _connections)
                connection?.Dispose();
        }

        private async Task OpenAsync(int session)
        {
            _connections[session]?.Dispose();
            RawConnection connection = await RawConnection.ConnectAsync(port, SessionTimeout);
            _connections[session] = connection;
            _known[connection.SessionId] = _known.Count;
            // The last one may do everything, so that nothing gets stuck.
            string user = session == Sessions - 1 ? "super:test" : $"user{session}:secret";
            if (session > 0)
                await connection.CallAsync(OpCode.Auth, new AuthPacket(0, "digest", Encoding.UTF8.GetBytes(user)).Write);
        }

        private async Task<RawReply?> ReceiveAsync(int session, List<string> events)
        {
            while (await _connections[session]!.ReceiveAsync() is { } reply)
            {
                if (!reply.IsEvent)
                    return reply;
                WatcherEvent e = reply.Read<WatcherEvent>();
                events.Add($"{e.Type} {e.State} {e.Path}");
            }

            return null;
        }

        private string Tell(OpCode type, int xid, RawReply reply)
        {
            string header = $"{reply.Error} xid {(reply.Header.Xid == xid ? "same" : reply.Header.Xid)}";
            // The reply to credentials, and the one before the end, say no zxid that means anything.
            if (type != OpCode.Auth && reply.Error != ErrorCode.Unimplemented)
                header += $" zxid {reply.Header.Zxid - _baseZxid}";
            try
            {
                return $"{header} {TellBody(type, reply)}".TrimEnd();
            }
            catch (JuteException e)
            {
                return $"{header} unreadable ({e.Message}) {Convert.ToHexString(reply.Body)}";
            }
        }

        private string TellBody(OpCode type, RawReply reply)
        {
            var reader = new JuteReader(reply.Body);
            if (reply.Body.Length == 0)
                return "";
            string told = type switch
            {
                OpCode.Create or OpCode.Sync => reader.ReadString() ?? "null",
                OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl => $"{reader.ReadString()} {TellStat(Stat.Read(ref reader))}",
                OpCode.SetData or OpCode.SetAcl or OpCode.Exists => TellStat(Stat.Read(ref reader)),
                OpCode.GetData => $"{TellData(reader.ReadBuffer())} {TellStat(Stat.Read(ref reader))}",
                OpCode.GetChildren => TellNames(reader.ReadStringVector()),
                OpCode.GetChildren2 => $"{TellNames(reader.ReadStringVector())} {TellStat(Stat.Read(ref reader))}",
                OpCode.GetEphemerals => TellNames(reader.ReadStringVector()),
                // The identities that "auth" stands for are in no order.
                OpCode.GetAcl => $"{string.Join(',', (reader.ReadVector<Acl>(12) ?? []).Select(a => a.ToString()).Order(StringComparer.Ordinal))} {TellStat(Stat.Read(ref reader))}",
                OpCode.GetAllChildrenNumber or OpCode.AddWatch => $"{reader.ReadInt32()}",
                OpCode.WhoAmI => string.Join(',', (reader.ReadVector<ClientInfo>(8) ?? []).Order(Comparer<ClientInfo>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString())))),
                OpCode.Multi or OpCode.MultiRead => TellMulti(ref reader),
                _ => Convert.ToHexString(reader.RemainingSpan),
            };
            return reader.Remaining == 0 || type is OpCode.Check or OpCode.Sasl ? told : $"{told} and {reader.Remaining} bytes more";
        }

        private string TellMulti(ref JuteReader reader)
        {
            List<string> results = [];
            while (true)
            {
                var header = MultiHeader.Read(ref reader);
                if (header.Done)
                    return $"[{string.Join("; ", results)}] {header}";
                results.Add($"{header} " + header.Type switch
                {
                    OpCode.Create => reader.ReadString(),
                    OpCode.Create2 => $"{reader.ReadString()} {TellStat(Stat.Read(ref reader))}",
                    OpCode.SetData => TellStat(Stat.Read(ref reader)),
                    OpCode.GetData => $"{TellData(reader.ReadBuffer())} {TellStat(Stat.Read(ref reader))}",
                    OpCode.GetChildren => TellNames(reader.ReadStringVector()),
                    OpCode.Error => $"{(ErrorCode)reader.ReadInt32()}",
                    _ => "",
                });
            }
        }

        private string TellStat(Stat s)
        {
            string owner = _known.TryGetValue(s.EphemeralOwner, out int known) ? $"session {known}" : $"0x{s.EphemeralOwner:x}";
            return $"c{Zxid(s.Czxid)} m{Zxid(s.Mzxid)} p{Zxid(s.Pzxid)} v{s.Version} cv{s.Cversion} av{s.Aversion} {owner} {s.DataLength} bytes {s.NumChildren} children"
                + (s.Czxid == s.Mzxid && s.Ctime != s.Mtime ? " times differ" : "");
        }

        private string Zxid(long zxid) => zxid == 0 ? "0" : $"{zxid - _baseZxid}";

        private static string TellData(byte[]? data) => data is null ? "null" : $"'{Encoding.UTF8.GetString(data)}'";

        private static string TellNames(IEnumerable<string> names) => $"[{string.Join(' ', names.Order(StringComparer.Ordinal))}]";
    }
}
