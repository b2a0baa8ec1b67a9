using System.Globalization;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Storage.Tests.Apache;

/// <summary>Files that swap both ways with Apache ZooKeeper.</summary>
public class ApacheFilesTests
{
    // Every kind of transaction that a client can cause.
    private const string Populate = """
        for i in range(50):
            zk.create("/load/n%d" % i, b"x" * i, makepath=True)
        zk.set("/load/n1", b"changed")
        zk.delete("/load/n2")
        zk.create("/empty", b"")
        zk.create("/s/seq-", b"", sequence=True, makepath=True)
        zk.create("/s/seq-", b"", sequence=True)
        zk.create("/e", b"mine", ephemeral=True)
        zk.create("/unicode-\u00e9\u4e16", "\u4e16".encode())
        zk.create("/acl", b"", acl=[make_digest_acl("user", "password", read=True), make_acl("world", "anyone", all=True)])
        zk.create("/acl2", b"")
        zk.set_acls("/acl2", [make_acl("ip", "127.0.0.1", all=True)])
        t = zk.transaction()
        t.create("/multi", b"1")
        t.set_data("/multi", b"2")
        t.check("/multi", 1)
        t.delete("/load/n3")
        assert all(not isinstance(r, Exception) for r in t.commit())
        t = zk.transaction()
        t.create("/multi2", b"1")
        t.delete("/not-there")
        t.commit()
        try: zk.delete("/load")
        except Exception: pass
        other = KazooClient(hosts=sys.argv[1], timeout=30)
        other.start()
        other.create("/gone", b"", ephemeral=True)
        other.stop()
        """;

    [PeerFact(Peer.Apache)]
    public async Task Apaches_log_tool_reads_our_log()
    {
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Path);
        log.Append(1, TestLog.Entry(1, OpCode.CreateSession, new CreateSessionTxn(30000)));
        log.Append(2, TestLog.Entry(2, OpCode.Create, new CreateTxn("/a", "text"u8.ToArray(), Acl.OpenUnsafe, false, 1)));
        log.Append(3, TestLog.Entry(3, OpCode.SetData, new SetDataTxn("/a", "other"u8.ToArray(), 1)));
        log.Append(4, TestLog.Entry(4, OpCode.CreateTtl, new CreateTtlTxn("/t", [], Acl.OpenUnsafe, 2, 5000)));
        log.Append(5, TestLog.Entry(5, OpCode.SetAcl, new SetAclTxn("/a", Acl.ReadUnsafe, 1)));
        log.Append(6, TestLog.Entry(6, OpCode.Delete, new DeleteTxn("/a")));
        log.Append(7, TestLog.Entry(7, OpCode.CloseSession, new CloseSessionTxn(["/e"])));
        log.Append(8, TestLog.Entry(8, OpCode.Error, new ErrorTxn(ErrorCode.NoNode)));
        log.Commit();

        string output = await ApacheTools.RunAsync("persistence.TxnLogToolkit", "-d", log.CurrentFile!);

        Assert.Contains("EOF reached after 8 txns.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("CRC", output, StringComparison.Ordinal);
        Assert.Contains($"session 0x{TestLog.Session:x} cxid 0x2 zxid 0x2 create /a,text,[31,s{{'world,'anyone}}\n],false,1", output, StringComparison.Ordinal);
        Assert.Contains("setData /a,other,1", output, StringComparison.Ordinal);
        Assert.Contains("closeSession", output, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Apache)]
    public async Task Apaches_snapshot_tool_reads_our_snapshot()
    {
        using var directory = new TempDirectory();
        string file = SnapshotTests.Write(directory.Path, 0x1f, [("/", [], -1), ("/a", "text"u8.ToArray(), 1), ("/a/b", null, -1)], new ZxidDigest(0x1f, 2, 7));

        string output = await ApacheTools.RunAsync("SnapshotFormatter", "-d", file);

        // It counts the root twice.
        Assert.Contains("ZNode Details (count=4)", output, StringComparison.Ordinal);
        Assert.Contains("/a/b", output, StringComparison.Ordinal);
        Assert.Contains("data = dGV4dA==", output, StringComparison.Ordinal);
        Assert.Contains($"0x{TestLog.Session:x}, 30000", output, StringComparison.Ordinal);
        Assert.Contains("Last zxid: 0x1f", output, StringComparison.Ordinal);
    }

    [PeerTheory(Peer.Apache, Peer.Kazoo)]
    [InlineData("")]
    [InlineData("gz")]
    public async Task A_killed_Apache_servers_files_hold_what_its_clients_saw(string compression)
    {
        using var directory = new TempDirectory();
        var options = new TestServerOptions
        {
            DataDirectory = directory.Path,
            TickTime = 2000,
            Properties = new Dictionary<string, string> { ["zookeeper.snapshot.compression.method"] = compression },
        };
        Dictionary<string, ClientNode> expected;
        await using (ApacheZooKeeper server = await ApacheZooKeeper.StartNewAsync(options))
            expected = await Kazoo.RunAsync(server.ConnectionString, Populate);

        using DataDirectory data = DataDirectory.Open(directory.Path);
        Assert.True(data.TryLoadSnapshot(reader => reader.ReadNodes().Count(), out int nodes, out StorageFile? first));
        Assert.Equal(0, first.Zxid);
        using (TxnLogDirectoryReader log = TxnLogDirectory.Open(data.LogPath, first.Zxid + 1, new TxnLogReadOptions { RequireContinuity = true }))
        {
            var types = new HashSet<OpCode>();
            var created = new HashSet<string>();
            while (log.Read())
            {
                DecodedTxn txn = log.Current.Decode();
                types.Add(txn.Header.Type);
                Assert.NotNull(txn.Record);
                Assert.True(txn.Digest?.Version == 2 || txn.Header.Type == OpCode.Error, txn.ToString());
                if (txn.Record is CreateTxn create)
                    created.Add(create.Path);
                else if (txn.Record is MultiTxn multi)
                    created.UnionWith(multi.Txns!.Select(TxnDecoder.DecodePart).OfType<CreateTxn>().Select(part => part.Path));
            }

            Assert.Empty(log.TornTails);
            Assert.Superset(expected.Keys.Where(path => !path.StartsWith("/zookeeper", StringComparison.Ordinal) && path != "/").ToHashSet(), created);
            Assert.Equal(
                [OpCode.CloseSession, OpCode.CreateSession, OpCode.Error, OpCode.Create, OpCode.Delete, OpCode.SetData, OpCode.SetAcl, OpCode.Multi],
                types.Order());
        }

        // At its next start it recovers from the log and writes a snapshot.
        data.Dispose();
        await (await ApacheZooKeeper.StartNewAsync(options)).DisposeAsync();
        StorageFile newest = SnapshotDirectory.FindComplete(data.SnapshotPath)[0];
        Assert.EndsWith(compression, newest.Name, StringComparison.Ordinal);
        AssertSame(expected, newest.FullName);
    }

    [PeerTheory(Peer.Apache, Peer.Kazoo)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Apache_serves_our_files_after_a_torn_tail_is_cut(bool withSnapshotDigest)
    {
        using var directory = new TempDirectory();
        using (DataDirectory data = DataDirectory.Open(directory.Path))
        {
            var stat = new StatPersisted(2, 3, TestLog.Time, TestLog.Time + 1, 1, 0, 0, 0, 2);
            using (var snapshot = new SnapshotWriter(data.SnapshotPath, 9))
            {
                snapshot.Begin([], new Dictionary<long, IReadOnlyList<Acl>> { [1] = Acl.OpenUnsafe, [2] = Acl.ReadUnsafe });
                snapshot.WriteNode("/", [], -1, new StatPersisted(0, 0, 0, 0, 0, 1, 0, 0, 2));
                foreach (string path in new[] { "/zookeeper", "/zookeeper/config", "/zookeeper/quota" })
                    snapshot.WriteNode(path, [], 1, default);
                snapshot.WriteNode("/a", "text"u8.ToArray(), 2, stat);
                snapshot.Complete(withSnapshotDigest ? new ZxidDigest(0, 2, 0) : null);
            }

            string file;
            using (var log = new TxnLog(data.LogPath))
            {
                for (long zxid = 5; zxid <= 20; zxid++)
                    log.Append(zxid, TestLog.Create(zxid, 3000));
                log.Commit();
                file = log.CurrentFile!;
            }

            // The last record lost a sector.
            byte[] bytes = File.ReadAllBytes(file);
            bytes.AsSpan((int)(TestLog.ReadFile(file).Records[^1].Offset / 512 + 2) * 512, 512).Clear();
            File.WriteAllBytes(file, bytes);
            using (TxnLogDirectoryReader log = TxnLogDirectory.Open(data.LogPath, 10, new TxnLogReadOptions { RequireContinuity = true }))
            {
                while (log.Read())
                {
                }

                Assert.Single(log.TornTails).Cut();
            }

            using (var log = new TxnLog(data.LogPath, lastZxid: 19))
            {
                log.Append(20, TestLog.Entry(20, OpCode.SetData, new SetDataTxn("/a", "after"u8.ToArray(), 2)));
                log.Commit();
            }

            data.WriteAcceptedEpoch(0);
            data.WriteCurrentEpoch(0);
        }

        Dictionary<string, ClientNode> nodes;
        await using (ApacheZooKeeper server = await ApacheZooKeeper.StartNewAsync(new TestServerOptions { DataDirectory = directory.Path }))
            nodes = await Kazoo.RunAsync(server.ConnectionString, "zk.create('/new', b'')");

        Assert.Equal("after", Encoding.UTF8.GetString(Convert.FromBase64String(nodes["/a"].Data)));
        Assert.Equal([2, 20, TestLog.Time, TestLog.Time, 2, 0, 0, 0, 5, 0, 2], nodes["/a"].Stat);
        Assert.Equal(["world:anyone:1"], nodes["/a"].Acl);
        for (long zxid = 10; zxid < 20; zxid++)
            Assert.Equal(3000, nodes[string.Create(CultureInfo.InvariantCulture, $"/n{zxid:x}")].Stat[8]);
        Assert.DoesNotContain("/n14", nodes.Keys);
        // Session, and then the znode, go on after the last transaction of ours.
        Assert.Equal(22, nodes["/new"].Stat[0]);

        // And on come our own eyes again.
        Assert.Equal(22, TxnLogDirectory.Read(Path.Combine(directory.Path, "version-2"), 10, new TxnLogReadOptions { RequireContinuity = true }).Last().Zxid);
    }

    private static void AssertSame(Dictionary<string, ClientNode> expected, string snapshot)
    {
        using var reader = new SnapshotReader(snapshot);
        Dictionary<string, SnapshotNode> actual = reader.ReadNodes().ToDictionary(node => node.Path);
        Assert.NotNull(reader.Digest);
        Assert.NotEmpty(reader.Sessions);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string path, ClientNode client) in expected)
        {
            SnapshotNode node = actual[path];
            StatPersisted s = node.Stat;
            int children = actual.Keys.Count(key => key != "/" && ZPath.Parent(key) == path);
            Assert.Equal(client.Data, Convert.ToBase64String(node.Data ?? []));
            Assert.Equal(client.Acl, node.Acl!.Select(acl => $"{acl.Id.Scheme}:{acl.Id.Id}:{(int)acl.Permissions}"));
            // Files count the creates of children, clients see creates and deletes.
            Assert.Equal<IEnumerable<long>>(
                client.Stat,
                [s.Czxid, s.Mzxid, s.Ctime, s.Mtime, s.Version, (s.Cversion * 2) - children, s.Aversion, s.EphemeralOwner, node.Data?.Length ?? 0, children, s.Pzxid]);
        }
    }
}
