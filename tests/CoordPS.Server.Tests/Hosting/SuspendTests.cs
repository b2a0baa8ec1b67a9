using System.Net.Sockets;
using CoordPS.Client;
using CoordPS.Server.Hosting;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Hosting;

public sealed class SuspendTests
{
    [Fact]
    public async Task A_suspended_leader_is_replaced_and_follows_when_it_is_resumed()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(3));
        LocalMember old = ensemble.Leader!;
        long[] rest = [.. ensemble.Members.Select(static m => m.Id).Where(id => id != old.Id)];
        await old.SuspendAsync();
        Assert.Equal(LocalMemberState.Suspended, old.State);
        // The system still takes connections; nobody answers on them.
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(old.ClientEndPoint);
            await socket.GetStream().WriteAsync("ruok"u8.ToArray());
            Task<int> answer = socket.GetStream().ReadAsync(new byte[4]).AsTask();
            Assert.NotSame(answer, await Task.WhenAny(answer, Task.Delay(300)));
        }

        LocalMember next = await HostedEnsemble.LeaderAmongAsync(ensemble, rest);
        await using (ZooKeeperClient client = await HostedEnsemble.ConnectAsync(next))
            await HostedEnsemble.WriteAsync(client, "/meanwhile");
        await old.ResumeAsync();
        await Eventually.TrueAsync(() => old is { IsServing: true, Role: LocalMemberRole.Follower }, "it follows");
        await using ZooKeeperClient reader = await HostedEnsemble.ConnectAsync(old);
        await reader.SyncAsync("/");
        Assert.NotNull(await reader.ExistsAsync("/meanwhile"));
    }

    [Fact]
    public async Task A_suspended_member_can_be_stopped_and_started()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(3));
        LocalMember follower = ensemble.Members.First(static m => m.Role == LocalMemberRole.Follower);
        await follower.SuspendAsync();
        await follower.StopAsync().WaitAsync(Eventually.Patience);
        Assert.Equal(LocalMemberState.Stopped, follower.State);
        await follower.StartAsync();
        await follower.WaitUntilServingAsync().WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task A_suspended_standalone_server_answers_nobody_until_it_is_resumed()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(1));
        await using ZooKeeperClient client = await HostedEnsemble.ConnectAsync(ensemble.ConnectionString);
        await ensemble.Members[0].SuspendAsync();
        Task<CreateResult> write = client.CreateAsync("/later", Array.Empty<byte>());
        Assert.NotSame(write, await Task.WhenAny(write, Task.Delay(300)));
        await ensemble.Members[0].ResumeAsync();
        await write;
        await ensemble.Members[0].SuspendAsync();
        await ensemble.StopAsync().WaitAsync(Eventually.Patience);
    }
}
