using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Storage.Tests;

public class SnapshotTests
{
    private static readonly StatPersisted Stat = new(1, 2, 3, 4, 5, 6, 7, 8, 9);
    private static readonly IReadOnlyList<Acl> Digest = [new(Permissions.Read | Permissions.Write, new AclId("digest", "u:h"))];

    private static readonly (string Path, byte[]? Data, long Acl)[] Nodes =
        [("/", [], -1), ("/zookeeper", null, -1), ("/a", "data"u8.ToArray(), 1), ("/a/é", new byte[1000], 2)];

    [Fact]
    public void A_snapshot_is_laid_out_byte_by_byte_as_Apache_does_it()
    {
        using var directory = new TempDirectory();
        string file = Write(directory.Path, 0x1f, nodes: [("/", null, -1), ("/a", [0x78], 1)], digest: new ZxidDigest(0x1f, 2, 0x55));

        const string StatHex = "0000000000000001" + "0000000000000002" + "0000000000000003" + "0000000000000004"
            + "00000005" + "00000006" + "00000007" + "0000000000000008" + "0000000000000009";
        string contents =
            // ZKSN, version 2, dbid -1
            "5a4b534e" + "00000002" + "ffffffffffffffff"
            // sessions
            + "00000001" + "1000000000000001" + "00007530"
            // access control lists
            + "00000001" + "0000000000000001" + "00000001" + "00000003" + "00000006646967657374" + "00000003753a68"
            // the root is "", data null
            + "00000000" + "ffffffff" + "ffffffffffffffff" + StatHex
            + "000000022f61" + "0000000178" + "0000000000000001" + StatHex
            // end of znodes
            + "000000012f";
        contents = Seal(contents);
        contents = Seal(contents + "000000000000001f" + "00000002" + "0000000000000055");

        Assert.Equal("snapshot.1f", Path.GetFileName(file));
        Assert.Equal(contents, Convert.ToHexStringLower(File.ReadAllBytes(file)));

        static string Seal(string hex) => $"{hex}{Adler32.Compute(Convert.FromHexString(hex)):x16}000000012f";
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read_back(bool withDigest)
    {
        using var directory = new TempDirectory();
        ZxidDigest? digest = withDigest ? new ZxidDigest(0x20, 2, -1) : null;
        string file = Write(directory.Path, 0x1f, digest: digest);

        using var reader = new SnapshotReader(file);
        Assert.Equal(0x1f, reader.Zxid);
        Assert.Equal(-1, reader.Header.DbId);
        Assert.Equal([(TestLog.Session, 30000)], reader.Sessions);
        Assert.False(reader.IsComplete);
        List<SnapshotNode> nodes = [.. reader.ReadNodes()];

        Assert.True(reader.IsComplete);
        Assert.Equal(digest, reader.Digest);
        Assert.Null(reader.LastProcessedZxid);
        Assert.Equal(Nodes.Select(node => node.Path), nodes.Select(node => node.Path));
        Assert.Equal(Nodes.Select(node => node.Data), nodes.Select(node => node.Data));
        Assert.Equal([Acl.OpenUnsafe, Acl.OpenUnsafe, Digest, null], nodes.Select(node => node.Acl));
        Assert.All(nodes, node => Assert.Equal(Stat, node.Stat));
        Assert.Equal(4, reader.NodeCount);
        Assert.Empty(reader.ReadNodes());
    }

    [Fact]
    public void Many_and_large_znodes_are_streamed_in_constant_memory()
    {
        using var directory = new TempDirectory();
        byte[] data = new byte[100];
        using (var writer = new SnapshotWriter(directory.Path, 1))
        {
            writer.Begin([], []);
            writer.WriteNode("/", null, -1, Stat);
            writer.WriteNode("/big", [.. Enumerable.Range(0, 2_000_000).Select(i => (byte)i)], -1, Stat);
            byte[] path = Encoding.UTF8.GetBytes("/node-00000");
            for (int i = 0; i < 50_000; i++)
            {
                Assert.True(i.TryFormat(path.AsSpan(6), out _, "D5"));
                writer.WriteNode(path, data, false, -1, Stat);
            }

            writer.Complete();
        }

        using var reader = new SnapshotReader(directory.Combine("snapshot.1"));
        Assert.True(reader.ReadNode(out _));
        Assert.True(reader.ReadNode(out SnapshotNodeSpan big));
        Assert.Equal(2_000_000, big.Data.Length);
        Assert.Equal((byte)(1_999_999 % 256), big.Data[^1]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = 0;
        while (reader.ReadNode(out SnapshotNodeSpan node))
            count += node.Path.Length == 11 && node.Data.SequenceEqual(data) ? 1 : 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(50_000, count);
        Assert.InRange(allocated, 0, count);
    }

    [Fact]
    public void An_unfinished_snapshot_never_has_a_snapshots_name()
    {
        using var directory = new TempDirectory();
        using (var writer = new SnapshotWriter(directory.Path, 5))
        {
            writer.Begin([], []);
            writer.WriteNode("/", null, -1, Stat);
            string temporary = Assert.Single(Directory.GetFiles(directory.Path));
            Assert.False(StorageFile.TryParse(Path.GetFileName(temporary), "snapshot.", out _));
            Assert.DoesNotContain("snapshot", Path.GetFileName(temporary).Split('.')[0..1]);
        }

        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void A_snapshot_cut_at_any_byte_is_not_valid()
    {
        using var directory = new TempDirectory();
        string file = Write(directory.Path, 1, digest: new ZxidDigest(1, 2, 3));
        byte[] whole = File.ReadAllBytes(file);
        int firstSeal = whole.Length - 33;
        for (int length = 0; length < whole.Length; length++)
        {
            // Up to its first seal it is a snapshot as servers before 3.6 write it.
            if (length == firstSeal)
                continue;
            File.WriteAllBytes(file, whole[..length]);
            var e = Assert.Throws<CorruptSnapshotException>(() => ReadAll(file));
            Assert.Equal(file, e.File);
            Assert.InRange(e.Offset, 0, length);
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_found()
    {
        using var directory = new TempDirectory();
        string file = Write(directory.Path, 1, digest: new ZxidDigest(1, 2, 3));
        byte[] whole = File.ReadAllBytes(file);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << (at % 8));
            // The header's dbid is not looked at; the checksum has it.
            File.WriteAllBytes(file, flipped);
            Assert.Throws<CorruptSnapshotException>(() => ReadAll(file));
        }
    }

    [Fact]
    public void Random_damage_is_found()
    {
        using var directory = new TempDirectory();
        string file = Write(directory.Path, 1, digest: new ZxidDigest(1, 2, 3));
        byte[] whole = File.ReadAllBytes(file);
        for (int seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            byte[] damaged = [.. whole];
            for (int i = random.Next(1, 5); i > 0; i--)
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            if (damaged.AsSpan().SequenceEqual(whole))
                continue;
            File.WriteAllBytes(file, damaged);
            Assert.Throws<CorruptSnapshotException>(() => ReadAll(file));
        }
    }

    [Fact]
    public void A_huge_length_costs_no_memory()
    {
        using var directory = new TempDirectory();
        string file = Write(directory.Path, 1);
        byte[] bytes = File.ReadAllBytes(file);
        int at = bytes.AsSpan().IndexOf("data"u8) - 4;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), 2_000_000_000);
        File.WriteAllBytes(file, bytes);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CorruptSnapshotException>(() => ReadAll(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
    }

    [Fact]
    public void A_gzip_snapshot_is_read()
    {
        using var directory = new TempDirectory();
        string plain = Write(directory.Path, 0x1f);
        Compress(plain);

        Assert.Equal(Nodes.Length, ReadAll(plain + ".gz").Count);
        Assert.Equal(["snapshot.1f.gz"], SnapshotDirectory.FindComplete(directory.Path).Select(file => file.Name));
        Assert.Equal(0x1f, SnapshotDirectory.Files(directory.Path)[0].Zxid);

        byte[] bytes = File.ReadAllBytes(plain + ".gz");
        File.WriteAllBytes(plain + ".gz", bytes[..(bytes.Length / 2)]);
        Assert.Throws<CorruptSnapshotException>(() => ReadAll(plain + ".gz"));
    }

    [Fact]
    public void A_snappy_snapshot_is_refused_with_the_setting_to_change()
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory.Combine("snapshot.1.snappy"), [0x82, .. "SNAPPY\0"u8, 0, 0, 0, 1]);

        var e = Assert.Throws<StorageException>(() => ReadAll(directory.Combine("snapshot.1.snappy")));

        Assert.Contains("snapshot.compression.method", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_zxid_that_3_9_adds_is_read_with_and_without_a_digest()
    {
        using var directory = new TempDirectory();
        foreach (ZxidDigest? digest in new ZxidDigest?[] { null, new ZxidDigest(1, 2, 3) })
        {
            string file = Write(directory.Path, 1, digest: digest);
            byte[] bytes = [.. File.ReadAllBytes(file), 0, 0, 0, 0, 0, 0, 0, 0x2a];
            var seal = new byte[13];
            BinaryPrimitives.WriteInt64BigEndian(seal, Adler32.Compute(bytes));
            "\0\0\0\u0001/"u8.CopyTo(seal.AsSpan(8));
            File.WriteAllBytes(file, [.. bytes, .. seal]);

            using var reader = new SnapshotReader(file);
            Assert.Equal(Nodes.Length, reader.ReadNodes().Count());
            Assert.Equal(digest, reader.Digest);
            Assert.Equal(0x2a, reader.LastProcessedZxid);
        }
    }

    [Fact]
    public void The_newest_valid_snapshot_is_loaded_and_the_others_are_passed_over_with_a_reason()
    {
        using var directory = new TempDirectory();
        Write(directory.Path, 1);
        Write(directory.Path, 2);
        byte[] bytes = File.ReadAllBytes(Write(directory.Path, 3));
        bytes[100] ^= 1;
        File.WriteAllBytes(directory.Combine("snapshot.3"), bytes);
        File.WriteAllBytes(directory.Combine("snapshot.4"), bytes[..50]);
        File.WriteAllBytes(directory.Combine("snapshot.5"), []);
        var logger = new ListLogger();

        bool found = SnapshotDirectory.TryLoad(directory.Path, reader => reader.ReadNodes().Count(), out int nodes, out StorageFile? file, logger);

        Assert.True(found);
        Assert.Equal(Nodes.Length, nodes);
        Assert.Equal(2, file!.Zxid);
        Assert.Equal(["snapshot.5", "snapshot.4", "snapshot.3"], logger.Entries.Select(entry => entry.Message.Split(' ')[3].Split('/')[^1].TrimEnd(':')));
    }

    [Fact]
    public void No_snapshot_is_not_an_error_and_none_that_is_valid_is()
    {
        using var directory = new TempDirectory();
        Assert.False(SnapshotDirectory.TryLoad(directory.Path, reader => 0, out _, out _));
        byte[] bytes = File.ReadAllBytes(Write(directory.Path, 3));
        bytes[100] ^= 1;
        File.WriteAllBytes(directory.Combine("snapshot.3"), bytes);

        var e = Assert.Throws<StorageException>(() =>
            SnapshotDirectory.TryLoad(directory.Path, reader => reader.ReadNodes().Count(), out _, out _));

        Assert.Contains("snapshot.3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Znodes_come_after_Begin_only()
    {
        using var directory = new TempDirectory();
        using var writer = new SnapshotWriter(directory.Path, 1);

        Assert.Throws<InvalidOperationException>(() => writer.WriteNode("/", null, -1, Stat));
        writer.Begin([], []);
        Assert.Throws<InvalidOperationException>(() => writer.Begin([], []));
        writer.WriteNode("/", null, -1, Stat);
        writer.Complete();
        Assert.Throws<ObjectDisposedException>(() => writer.WriteNode("/a", null, -1, Stat));
    }

    [DeviceFact("/dev/full")]
    public void A_full_disk_fails_the_snapshot_and_leaves_none()
    {
        using var directory = new TempDirectory();
        File.CreateSymbolicLink(directory.Combine("tmp-snapshot.1"), "/dev/full");
        using (var writer = new SnapshotWriter(directory.Path, 1))
        {
            writer.Begin([], []);
            writer.WriteNode("/", null, -1, Stat);

            Assert.Equal(directory.Combine("snapshot.1"), Assert.Throws<StorageException>(() => writer.Complete()).File);
        }

        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    internal static string Write(string directory, long zxid, (string Path, byte[]? Data, long Acl)[]? nodes = null, ZxidDigest? digest = null)
    {
        using var writer = new SnapshotWriter(directory, zxid);
        writer.Begin([(TestLog.Session, 30000)], new Dictionary<long, IReadOnlyList<Acl>> { [1] = Digest });
        foreach ((string path, byte[]? data, long acl) in nodes ?? Nodes)
            writer.WriteNode(path, data, acl, Stat);
        return writer.Complete(digest);
    }

    private static List<SnapshotNode> ReadAll(string file)
    {
        using var reader = new SnapshotReader(file);
        return [.. reader.ReadNodes()];
    }

    private static void Compress(string plain)
    {
        using (FileStream source = File.OpenRead(plain))
        using (var target = new GZipStream(File.Create(plain + ".gz"), CompressionLevel.Fastest))
            source.CopyTo(target);
        File.Delete(plain);
    }
}
