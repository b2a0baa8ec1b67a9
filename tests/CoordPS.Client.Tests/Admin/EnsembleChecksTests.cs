using CoordPS.Client.Admin;

namespace CoordPS.Client.Tests.Admin;

public sealed class EnsembleChecksTests
{
    private static readonly string[] Three = ["server.1=a:1:2:participant", "server.2=b:1:2:participant", "server.3=c:1:2:participant"];

    [Fact]
    public void A_healthy_ensemble_passes()
    {
        EnsembleCheck[] checks = Run(Member(1, MemberRole.Follower), Member(2, MemberRole.Leader), Member(3, MemberRole.Follower));
        Assert.DoesNotContain(checks, check => check.Status is CheckStatus.Failed or CheckStatus.Warning);
        Assert.Equal(CheckStatus.Passed, Of(checks, "Quorum").Status);
    }

    [Fact]
    public void A_member_down_is_a_failure_and_a_quorum_with_nothing_in_reserve_a_warning()
    {
        EnsembleCheck[] checks = Run(Member(1, MemberRole.Follower), Member(2, MemberRole.Leader), Down(3));
        Assert.Equal(CheckStatus.Warning, Of(checks, "Quorum").Status);
        EnsembleCheck failed = Assert.Single(checks, check => check.Status == CheckStatus.Failed);
        Assert.Equal(("Reachable", 3), (failed.Name, failed.Member!.Id));
        Assert.NotNull(failed.Advice);
    }

    [Fact]
    public void Without_a_majority_the_quorum_fails()
    {
        EnsembleCheck[] checks = Run(Member(1, MemberRole.Unknown) with { State = MemberState.NotServing }, Down(2), Down(3));
        Assert.Equal((CheckStatus.Failed, CheckStatus.Failed), (Of(checks, "Leader").Status, Of(checks, "Quorum").Status));
        Assert.Equal("0 of 3 lead or follow", Of(checks, "Quorum").Reading);
    }

    [Fact]
    public void Two_leaders_fail_and_so_do_servers_that_are_no_ensemble()
    {
        Assert.Equal(CheckStatus.Failed, Of(Run(Member(1, MemberRole.Leader), Member(2, MemberRole.Leader), Member(3, MemberRole.Follower)), "Leader").Status);
        EnsembleCheck alone = Of(Run(Standalone() with { Id = 1 }, Standalone() with { Id = 2 }), "Leader");
        Assert.Equal(CheckStatus.Failed, alone.Status);
        Assert.Contains("servers of their own", alone.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_standalone_server_passes() =>
        Assert.DoesNotContain(Run(Standalone()), check => check.Status is CheckStatus.Failed or CheckStatus.Warning);

    [Fact]
    public void A_leader_out_of_sight_is_not_known_rather_than_missing() =>
        Assert.Equal(CheckStatus.Unknown, Of(Run(Member(1, MemberRole.Follower), Down(2), Member(3, MemberRole.Follower)), "Leader").Status);

    [Fact]
    public void Members_in_another_epoch_fail_unless_nothing_was_written_in_the_new_one()
    {
        MemberStatus leader = Member(2, MemberRole.Leader), old = Member(1, MemberRole.Follower) with { LastZxid = 0x1_0000_0009, Lag = null };
        Assert.Equal(CheckStatus.Failed, Of(Run(old, leader with { LastZxid = 0x2_0000_0001 }, Down(3)), "Epoch").Status);
        Assert.Equal(CheckStatus.Passed, Of(Run(old, leader with { LastZxid = 0x2_0000_0000 }, Down(3)), "Epoch").Status);
    }

    [Fact]
    public void Configurations_that_differ_are_told_with_who_has_which()
    {
        MemberStatus other = Member(3, MemberRole.Follower) with
        {
            Settings = new Dictionary<string, string> { ["tickTime"] = "3000" }, Membership = EnsembleMembership.Parse($"{Three[0]}\n{Three[1]}\nversion=0"),
        };
        EnsembleCheck check = Of(Run(Member(1, MemberRole.Follower), Member(2, MemberRole.Leader), other), "Configuration");
        Assert.Equal(CheckStatus.Failed, check.Status);
        Assert.Contains("3000 at 3", check.Reading, StringComparison.Ordinal);
        Assert.Contains("members:", check.Reading, StringComparison.Ordinal);
    }

    [Fact]
    public void Readings_over_a_limit_are_warnings_with_advice()
    {
        MemberStatus slow = Member(1, MemberRole.Follower) with
        {
            Lag = 5000, Outstanding = 1000, AverageLatency = 80, AverageFsync = 30, MaxFsync = 40, OpenFiles = 950, MaxFiles = 1000, WatchCount = 2_000_000, Version = "3.9.1",
        };
        EnsembleCheck[] warnings = [.. Run(slow, Member(2, MemberRole.Leader), Member(3, MemberRole.Follower)).Where(check => check.Status == CheckStatus.Warning)];
        Assert.Equal(["FileDescriptors", "Fsync", "Lag", "Latency", "Outstanding", "Version", "Watches"], warnings.Select(check => check.Name).Order(StringComparer.Ordinal));
        Assert.All(warnings, check => Assert.NotNull(check.Advice));
    }

    [Fact]
    public void Words_that_are_not_allowed_are_unknown_with_the_setting_to_change()
    {
        MemberStatus closed = Member(1, MemberRole.Follower) with
        {
            WatchCount = null, AverageFsync = null, Settings = new Dictionary<string, string>(),
            WhyUnknown = new Dictionary<string, string>
            {
                ["WatchCount"] = "mntr is not in the member's 4lw.commands.whitelist", ["AverageFsync"] = "mntr is not in the member's 4lw.commands.whitelist",
                ["Settings"] = "conf is not in the member's 4lw.commands.whitelist",
            },
        };
        EnsembleCheck[] unknown = [.. Run(closed, Member(2, MemberRole.Leader), Member(3, MemberRole.Follower)).Where(check => check.Status == CheckStatus.Unknown)];
        Assert.Equal(["Configuration", "Fsync", "Watches"], unknown.Select(check => check.Name).Order(StringComparer.Ordinal));
        Assert.All(unknown, check => Assert.Contains("4lw.commands.whitelist", check.Advice, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2, "third")]
    [InlineData(4, "Add or remove one")]
    public void An_even_number_of_voters_is_a_warning(int count, string advice)
    {
        string lines = string.Join('\n', Enumerable.Range(1, count).Select(id => $"server.{id}=h{id}:1:2"));
        EnsembleCheck check = Of(
            Run([.. Enumerable.Range(1, count).Select(id => Member(id, id == 1 ? MemberRole.Leader : MemberRole.Follower) with { Membership = EnsembleMembership.Parse(lines) })]), "Size");
        Assert.Equal(CheckStatus.Warning, check.Status);
        Assert.Contains(advice, check.Advice, StringComparison.Ordinal);
    }

    private static EnsembleCheck[] Run(params MemberStatus[] members) => [.. new EnsembleChecks(members).Run()];

    private static EnsembleCheck Of(EnsembleCheck[] checks, string name) => Assert.Single(checks, check => check.Name == name);

    private static MemberStatus Down(int id) => new() { Id = id, Server = new ServerName($"h{id}", 2181), State = MemberState.Unreachable, Reason = "nothing listens there" };

    private static MemberStatus Standalone() => Member(0, MemberRole.Standalone) with { Membership = null };

    private static MemberStatus Member(int id, MemberRole role) => new()
    {
        Id = id,
        Server = new ServerName($"h{id}", 2181),
        State = MemberState.Serving,
        Role = role,
        ResponseTime = 1,
        Version = "3.8.0",
        LastZxid = 0x1_0000_0005,
        Lag = 0,
        Connections = 1,
        Sessions = 3,
        Outstanding = 0,
        AverageLatency = 0.5,
        MaxLatency = 3,
        AverageFsync = 1,
        MaxFsync = 5,
        OpenFiles = 50,
        MaxFiles = 1000,
        WatchCount = 0,
        Settings = new Dictionary<string, string> { ["tickTime"] = "2000", ["initLimit"] = "10" },
        Membership = EnsembleMembership.Parse(string.Join('\n', Three) + "\nversion=0"),
    };
}
