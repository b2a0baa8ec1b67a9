using CoordPS.Client.Admin;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Admin;

/// <summary>What is read of three members while all run, and after the leader was killed, and then another.</summary>
internal static class EnsembleReadings
{
    public static async Task AssertWholeAndBrokenAsync(IReadOnlyList<ServerName> servers, Func<int, Task> killAsync)
    {
        string connectionString = string.Join(',', servers);
        await using (ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions { ConnectionString = connectionString, ConnectRetryTime = Eventually.Patience }))
            await client.CreateAsync("/written");
        // A follower serves a moment before the leader has heard that it does.
        List<MemberStatus> members = await ReadUntilAsync(
            servers,
            all => all.Count(member => member is { State: MemberState.Serving, Id: not null, Membership: not null }) == 3 && all.All(member => member.Lag == 0)
                && all.Any(member => member is { SyncedFollowers: 2, Learners: 2 }));
        Assert.Equal([1, 2, 3], members.Select(member => member.Id!.Value).Order());
        MemberStatus leader = Assert.Single(members, member => member.Role == MemberRole.Leader);
        Assert.Equal((2, 2), (leader.SyncedFollowers!.Value, leader.Learners!.Value));
        Assert.All(members, member => Assert.Equal(3, member.Membership!.Members.Count));
        Assert.DoesNotContain(new EnsembleChecks(members).Run(), check => check.Status == CheckStatus.Failed);

        await killAsync(leader.Id!.Value);
        // One that is just starting to serve may not say who it is.
        members = await ReadUntilAsync(
            servers,
            all => all.Count(member => member.Role == MemberRole.Leader) == 1 && all.Count(member => member.Role == MemberRole.Follower) == 1 && all.All(member => member.Id is not null));
        Assert.Equal(leader.Id, members.Single(member => member.State == MemberState.Unreachable).Id);
        EnsembleCheck[] checks = [.. new EnsembleChecks(members).Run()];
        Assert.Equal(CheckStatus.Warning, checks.Single(check => check.Name == "Quorum").Status);
        Assert.Equal(leader.Id, checks.Single(check => check is { Name: "Reachable", Status: CheckStatus.Failed }).Member!.Id);

        MemberStatus follower = members.Single(member => member.Role == MemberRole.Follower);
        await killAsync(follower.Id!.Value);
        members = await ReadUntilAsync(servers, all => all.All(member => member.State is MemberState.Unreachable or MemberState.NotServing));
        checks = [.. new EnsembleChecks(members).Run()];
        Assert.Equal(CheckStatus.Failed, checks.Single(check => check.Name == "Quorum").Status);
        Assert.Equal(CheckStatus.Failed, checks.Single(check => check.Name == "Leader").Status);
    }

    private static async Task<List<MemberStatus>> ReadUntilAsync(IReadOnlyList<ServerName> servers, Func<List<MemberStatus>, bool> isReached)
    {
        List<MemberStatus> members = [];
        await Eventually.TrueAsync(
            async () =>
            {
                members = [];
                await foreach (MemberStatus member in new EnsembleProbe([.. servers.Select(server => new ProbeTarget(null, server))], new AdminOptions { Timeout = Eventually.Patience }).ReadAsync())
                    members.Add(member);
                return isReached(members);
            },
            "the members read as expected");
        return members;
    }
}
