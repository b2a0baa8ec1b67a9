using System.Net.Sockets;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Storage;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

public sealed class RecoveryTests
{
    [Fact]
    public async Task A_restart_brings_every_znode_back_as_it_was()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsAsync("ann", "1");
        await client.CreateAsync("/null", null);
        await client.CreateAsync("/empty", []);
        await client.CreateAsync("/data", Bytes.Of("data"));
        await client.CreateAsync("/acl", null, CreateMode.Persistent, Acl.CreatorAll);
        await client.CreateAsync("/ephemeral", null, CreateMode.Ephemeral);
        await client.CreateAsync("/container", null, CreateMode.Container);
        await client.CreateAsync("/ttl", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromHours(1));
        await client.CreateAsync("/data/child", null, CreateMode.PersistentSequential);
        await client.SetDataAsync("/data", Bytes.Of("more"));
        await client.SetAclAsync("/data", Acl.ReadUnsafe);
        await client.MultiAsync([ZooKeeperOperation.Create("/multi"), ZooKeeperOperation.Create("/multi/child"), ZooKeeperOperation.Delete("/empty")]);
        Dictionary<string, string> before = await TreeDump.ReadAsync(client);
        await server.RestartAsync();
        Assert.Equal(before, await TreeDump.ReadAsync(client));
        server.Server.Database.WriteSnapshot();
        await server.RestartAsync();
        Assert.Equal(before, await TreeDump.ReadAsync(client));
    }

    [Fact]
    public async Task Every_snapshot_taken_while_writing_recovers_to_the_same_tree()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { SnapCount = 60, ForceSync = false });
        ZooKeeperClient super = await server.ConnectSuperAsync();
        await super.CreateAsync("/t");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
        {
            ZooKeeperClient client = await server.ConnectAsAsync("u" + worker, "p");
            var random = new Random(worker);
            List<Task> window = [];
            for (int i = 0; i < 1000 || (i < 50_000 && Directory.GetFiles(server.Files, "snapshot.*").Length < 8); i++)
            {
                string path = $"/t/{worker}-{random.Next(20)}";
                window.Add(IgnoreAsync(random.Next(9) switch
                {
                    0 => client.CreateAsync(path + "/s", Bytes.Of("x"), CreateMode.PersistentSequential),
                    1 or 2 or 3 => client.CreateAsync(path, Bytes.Of($"{i}")),
                    4 => client.DeleteAsync(path),
                    5 => client.SetDataAsync(path, Bytes.Of($"set {i}")),
                    6 => client.SetAclAsync(path, [new Acl(Permissions.All, new AclId("digest", $"v{random.Next(6)}:x")), .. Acl.OpenUnsafe]),
                    7 => client.CreateAsync(path + "/e", null, CreateMode.EphemeralSequential),
                    _ => client.MultiAsync([ZooKeeperOperation.Create(path + "/m"), ZooKeeperOperation.Delete(path + "/m"), ZooKeeperOperation.SetData(path, null)]),
                }));
                if (window.Count == 20)
                {
                    await Task.WhenAll(window);
                    window.Clear();
                }
            }

            await Task.WhenAll(window);
        }));
        Dictionary<string, string> before = await TreeDump.ReadAsync(super);
        int sessions = server.Server.Sessions.Count;
        await server.Server.StopAsync();

        IReadOnlyList<StorageFile> snapshots;
        using (var directory = DataDirectory.OpenReadOnly(server.Config.DataDir))
            snapshots = directory.Snapshots;
        Assert.True(snapshots.Count > 5, $"{snapshots.Count} snapshots");
        foreach (StorageFile snapshot in snapshots.OrderByDescending(s => s.Zxid))
        {
            // The newest that is left is where the start begins.
            await server.StartAsync();
            Assert.Equal(before, await TreeDump.ReadAsync(super));
            Assert.Equal(sessions, server.Server.Sessions.Count);
            await server.Server.StopAsync();
            File.Delete(snapshot.FullName);
        }

        // Without any, the logs' beginning is known to be there.
        StorageException e = await Assert.ThrowsAnyAsync<StorageException>(server.StartAsync);
        Assert.Contains("snapshot", e.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_torn_tail_is_cut_and_writing_goes_on_after_it()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        for (int i = 0; i < 10; i++)
            await client.CreateAsync($"/n{i}", Bytes.Of("data"));
        await server.Server.StopAsync();
        (string log, List<long> ends) = Records(server);
        using (FileStream file = File.OpenWrite(log))
        {
            // The last create half written, as a crash leaves it: what follows is what was preallocated.
            file.Position = ends[^2] + 30;
            file.Write(new byte[ends[^1] - file.Position + 500]);
        }

        await server.StartAsync();
        // The client before has seen more than there is now.
        client = await server.ConnectAsync();
        Assert.Null(await client.ExistsAsync("/n9"));
        Assert.NotNull(await client.ExistsAsync("/n8"));
        await client.CreateAsync("/after");
        await server.RestartAsync();
        Assert.NotNull(await client.ExistsAsync("/after"));
        Assert.Null(await client.ExistsAsync("/n9"));
    }

    [Fact]
    public async Task A_corrupt_record_before_the_tail_stops_the_start_and_is_named()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        for (int i = 0; i < 10; i++)
            await client.CreateAsync($"/n{i}", Bytes.Of("data"));
        await server.Server.StopAsync();
        (string log, List<long> ends) = Records(server);
        byte[] bytes = File.ReadAllBytes(log);
        bytes[ends[4] + 25] ^= 0x10;
        File.WriteAllBytes(log, bytes);
        var e = await Assert.ThrowsAsync<CorruptLogException>(server.StartAsync);
        Assert.Contains(Path.GetFileName(log), e.Message, StringComparison.Ordinal);
        Assert.Contains(ends[4].ToString(System.Globalization.CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(log));

        // Repaired, it starts: nothing was kept open or changed.
        bytes[ends[4] + 25] ^= 0x10;
        File.WriteAllBytes(log, bytes);
        await server.StartAsync();
        Assert.NotNull(await client.ExistsAsync("/n9"));
    }

    [Fact]
    public async Task A_port_in_use_is_said_so_and_the_data_is_free_again()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        await using ServerUnderTest second = await ServerUnderTest.StartAsync();
        await second.Server.StopAsync();
        ServerConfig own = second.Config;
        second.Config = own with { ClientPort = server.Port };
        SocketException e = await Assert.ThrowsAsync<SocketException>(second.StartAsync);
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
        Assert.Contains($"127.0.0.1:{server.Port}", e.Message, StringComparison.Ordinal);
        second.Config = own;
        await second.StartAsync();
    }

    [Fact]
    public async Task A_data_directory_serves_one_server_at_a_time()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        StorageException e = await Assert.ThrowsAnyAsync<StorageException>(
            () => ZooKeeperServer.StartAsync(server.Config with { ClientPort = FreePort.Next() }));
        Assert.Contains(server.Config.DataDir, e.Message, StringComparison.Ordinal);
        await (await server.ConnectAsync()).CreateAsync("/still-served");
        await server.RestartAsync();
    }

    [Fact]
    public async Task Stopping_finishes_what_was_acknowledged_and_leaves_no_port_and_no_file_open()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        List<Task<CreateResult>> creates = [.. Enumerable.Range(0, 500).Select(i => client.CreateAsync($"/n{i}"))];
        await creates[100];
        await server.Server.StopAsync();
        await server.Server.Completion;
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            await Assert.ThrowsAnyAsync<SocketException>(() => socket.ConnectAsync("127.0.0.1", server.Port));
        if (OperatingSystem.IsLinux())
            Assert.DoesNotContain(OpenFiles(), f => f.StartsWith(server.Config.DataDir, StringComparison.Ordinal));
        await server.StartAsync();
        for (int i = 0; i < 500; i++)
        {
            try
            {
                await creates[i];
            }
            catch (ConnectionLossException)
            {
                continue;
            }

            Assert.NotNull(await client.ExistsAsync($"/n{i}"));
        }
    }

    [Fact]
    public async Task A_start_that_failed_leaves_nothing_behind_that_a_later_one_meets()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        RawConnection short1 = await server.ConnectRawAsync(3000);
        await short1.CallAsync(OpCode.Create, new CreateRequest("/e", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write);
        await server.Server.StopAsync();
        using (var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            taken.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, server.Port));
            taken.Listen();
            for (int i = 0; i < 3; i++)
                await Assert.ThrowsAsync<SocketException>(server.StartAsync);
        }

        await server.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        await Eventually.TrueAsync(async () => await client.ExistsAsync("/e") is null, "the session expires on the server that started");
    }

    [Fact]
    public async Task Stopping_twice_or_at_once_does_no_harm()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        await Task.WhenAll(server.Server.StopAsync(), server.Server.StopAsync());
        await server.Server.StopAsync();
        await server.Server.Completion;
    }

    private static async Task IgnoreAsync(Task operation)
    {
        try
        {
            await operation;
        }
        catch (ZooKeeperException e) when (e.Error is ErrorCode.NoNode or ErrorCode.NodeExists or ErrorCode.NotEmpty or ErrorCode.NoAuth)
        {
            // One of many that others made impossible.
        }
    }

    private static IEnumerable<string> OpenFiles()
    {
        foreach (string file in Directory.GetFiles("/proc/self/fd"))
        {
            string? target = null;
            try
            {
                target = File.ResolveLinkTarget(file, returnFinalTarget: false)?.FullName;
            }
            catch (IOException)
            {
                // Closed since it was listed.
            }

            if (target is not null)
                yield return target;
        }
    }

    /// <summary>The newest log with records, and where each of them ends.</summary>
    private static (string File, List<long> Ends) Records(ServerUnderTest server)
    {
        using var directory = DataDirectory.OpenReadOnly(server.Config.DataDir);
        string file = directory.Logs.MaxBy(l => l.Zxid)!.FullName;
        using var reader = new TxnLogReader(file);
        List<long> ends = [];
        while (reader.Read())
            ends.Add(reader.EndOffset);
        return (file, ends);
    }
}
