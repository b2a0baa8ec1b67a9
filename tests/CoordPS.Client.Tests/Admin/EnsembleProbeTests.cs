using CoordPS.Client.Admin;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Admin;

public sealed class EnsembleProbeTests
{
    // Only a failure takes so long; a busy machine takes longer than the default.
    private static readonly AdminOptions Patient = new() { Timeout = Eventually.Patience };

    [Fact]
    public async Task Members_that_the_configuration_names_are_found_and_lags_are_against_the_leader()
    {
        await using var one = new WordServer(WordServer.Srvr("follower", "0x100000002"));
        await using var two = new WordServer(WordServer.Srvr("leader", "0x100000005"));
        await using var three = new WordServer(WordServer.Srvr("observer", "0x100000005"));
        (WordServer Server, string Role)[] all = [(one, "participant"), (two, "participant"), (three, "observer")];
        string[] lines = [.. all.Select((member, i) => $"server.{i + 1}=127.0.0.1:{1000 + i}:{2000 + i}:{member.Role};{member.Server.Name}")];
        for (int i = 0; i < all.Length; i++)
            all[i].Server.Answers["conf"] = WordServer.Conf(i + 1, lines).Item2;

        List<MemberStatus> members = await ReadAsync(new EnsembleProbe([new ProbeTarget(null, one.Name)], Patient));
        Assert.Equal([1, 2, 3], members.Select(member => member.Id!.Value).Order());
        Assert.Equal([3, 0, 0], members.OrderBy(member => member.Id).Select(member => member.Lag!.Value));
        Assert.Equal(MemberRole.Observer, members.Single(member => member.Id == 3).Role);
        Assert.Equal(0x100000003, members[0].Membership!.Version);
    }

    [Fact]
    public async Task A_member_that_is_down_gets_its_id_when_all_others_have_theirs()
    {
        string[] lines = ["server.1=127.0.0.1:1:2:participant", "server.2=127.0.0.1:3:4:participant", "server.3=127.0.0.1:5:6:participant"];
        await using var one = new WordServer(WordServer.Srvr("follower"), WordServer.Conf(1, lines));
        await using var two = new WordServer(WordServer.Srvr("leader"), WordServer.Conf(2, lines));
        var down = new ServerName("127.0.0.1", FreePort.Next());
        List<MemberStatus> members = await ReadAsync(new EnsembleProbe([new ProbeTarget(null, down), new ProbeTarget(null, one.Name), new ProbeTarget(null, two.Name)], Patient));
        Assert.Equal(3, members.Count);
        Assert.Equal(3, members.Single(member => member.State == MemberState.Unreachable).Id);
    }

    [Fact]
    public async Task A_member_whose_address_nothing_tells_is_not_left_out()
    {
        string[] lines = ["server.1=127.0.0.1:1:2:participant", "server.2=127.0.0.1:3:4:participant"];
        await using var one = new WordServer(WordServer.Srvr("leader"), WordServer.Conf(1, lines));
        List<MemberStatus> members = await ReadAsync(new EnsembleProbe([new ProbeTarget(null, one.Name)], Patient));
        MemberStatus other = members.Single(member => member.Id == 2);
        Assert.Equal((MemberState.Unknown, null), (other.State, other.Server));
        Assert.Contains("address", other.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configuration_is_asked_for_when_no_member_may_tell_it()
    {
        await using var one = new WordServer(WordServer.Srvr("follower"));
        await using var two = new WordServer(WordServer.Srvr("leader"));
        EnsembleMembership? membership = EnsembleMembership.Parse($"server.1=a:1:2;{one.Name}\nserver.2=b:3:4;{two.Name}");
        List<MemberStatus> members = await ReadAsync(new EnsembleProbe([new ProbeTarget(null, one.Name)], Patient, _ => Task.FromResult(membership)));
        Assert.Equal([(1, one.Name), (2, two.Name)], members.OrderBy(member => member.Id).Select(member => (member.Id!.Value, member.Server!)));
    }

    [Fact]
    public async Task Members_that_answer_dont_wait_for_one_that_hangs()
    {
        string[] lines = ["server.1=127.0.0.1:1:2", "server.2=127.0.0.1:3:4", "server.3=127.0.0.1:5:6"];
        await using var one = new WordServer(WordServer.Srvr("follower"), WordServer.Conf(1, lines));
        await using var two = new WordServer(WordServer.Srvr("leader"), WordServer.Conf(2, lines));
        await using var hanging = new WordServer { IsSilent = true };
        using var cancellation = new CancellationTokenSource();
        var probe = new EnsembleProbe([.. new[] { hanging, one, two }.Select(server => new ProbeTarget(null, server.Name))], new AdminOptions { Timeout = TimeSpan.FromMinutes(10) });
        await using IAsyncEnumerator<MemberStatus> members = probe.ReadAsync(cancellation.Token).GetAsyncEnumerator();
        HashSet<int?> answered = [];
        for (int i = 0; i < 2; i++)
        {
            Assert.True(await members.MoveNextAsync().AsTask().WaitAsync(Eventually.Patience));
            answered.Add(members.Current.Id);
        }

        Assert.Equal([1, 2], answered.Order());
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => members.MoveNextAsync().AsTask().WaitAsync(Eventually.Patience));
    }

    [Theory]
    [InlineData(0x100000002, 0x100000005, 3L)]
    [InlineData(0x100000006, 0x100000005, 0L)]
    [InlineData(0x100000006, 0x200000000, 0L)]
    [InlineData(0x100000006, 0x200000001, null)]
    [InlineData(0x200000001, 0x100000001, null)]
    public void Lag_is_counted_within_an_epoch(long own, long leader, long? lag)
    {
        MemberStatus status = EnsembleProbe.WithLag(new MemberStatus { LastZxid = own }, new MemberStatus { LastZxid = leader });
        Assert.Equal(lag, status.Lag);
        Assert.Equal(lag is null, status.WhyUnknown.ContainsKey(nameof(status.Lag)));
    }

    private static async Task<List<MemberStatus>> ReadAsync(EnsembleProbe probe)
    {
        List<MemberStatus> members = [];
        await foreach (MemberStatus member in probe.ReadAsync())
            members.Add(member);
        return members;
    }
}
