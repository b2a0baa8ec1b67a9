using System.Net;
using CoordPS.Client.Admin;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Admin;

public sealed class FourLetterWordClientTests
{
    // Only a failure takes so long; a busy machine takes longer than the default.
    private static readonly AdminOptions Patient = new() { Timeout = Eventually.Patience };

    // Long enough for a busy machine to take the connection.
    private static readonly AdminOptions Short = new() { Timeout = TimeSpan.FromSeconds(3) };

    [Fact]
    public async Task The_whole_answer_is_returned()
    {
        string text = new('x', 300_000);
        await using var server = new WordServer(("wchp", text));
        Assert.Equal(text, await new FourLetterWordClient(server.Name, Patient).SendAsync("wchp"));
    }

    [Fact]
    public async Task A_word_that_is_not_allowed_says_which_setting_to_change()
    {
        await using var server = new WordServer();
        AdminException error = await Assert.ThrowsAsync<AdminException>(() => new FourLetterWordClient(server.Name, Patient).SendAsync("mntr"));
        Assert.Equal(AdminFailure.NotAllowed, error.Failure);
        Assert.Contains("4lw.commands.whitelist", error.Message, StringComparison.Ordinal);
        Assert.Contains(server.Name.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains("zoo.cfg", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_without_a_quorum_is_told_from_one_that_does_not_run()
    {
        await using var server = new WordServer(("srvr", "This ZooKeeper instance is not currently serving requests\n"));
        AdminException error = await Assert.ThrowsAsync<AdminException>(() => new FourLetterWordClient(server.Name, Patient).SendAsync("srvr"));
        Assert.Equal(AdminFailure.NotServing, error.Failure);
        error = await Assert.ThrowsAsync<AdminException>(() => new FourLetterWordClient(new ServerName("127.0.0.1", FreePort.Next()), Patient).SendAsync("srvr"));
        Assert.Equal(AdminFailure.Unreachable, error.Failure);
    }

    [Fact]
    public async Task A_member_that_hangs_costs_no_more_than_the_timeout()
    {
        await using var server = new WordServer { IsSilent = true };
        AdminException error = await Assert.ThrowsAsync<AdminException>(() => new FourLetterWordClient(server.Name, Short).SendAsync("srvr"));
        Assert.Equal(AdminFailure.NoAnswer, error.Failure);
        Assert.Contains("3000 ms", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Canceling_ends_the_wait()
    {
        await using var server = new WordServer { IsSilent = true };
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new FourLetterWordClient(server.Name, Patient).SendAsync("srvr", cancellation.Token));
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        await using var server = new WordServer(("dump", new string('x', 100_000)));
        AdminException error = await Assert.ThrowsAsync<AdminException>(
            () => new FourLetterWordClient(server.Name, Patient with { MaxLength = 10_000 }).SendAsync("dump"));
        Assert.Equal(AdminFailure.TooLong, error.Failure);
    }

    [Fact]
    public async Task Every_address_of_a_name_is_tried()
    {
        await using var server = new WordServer(("ruok", "imok"));
        AdminOptions options = Patient with { Resolver = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.IPv6Loopback, IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]) };
        Assert.Equal("imok", await new FourLetterWordClient(server.Name with { Host = "zk.example" }, options).SendAsync("ruok"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("stats")]
    [InlineData("a\r\nb")]
    public async Task What_is_no_word_is_not_sent(string word) =>
        await Assert.ThrowsAsync<ArgumentException>(() => new FourLetterWordClient(new ServerName("127.0.0.1", 1)).SendAsync(word));
}
