using System.Net;
using System.Net.Sockets;
using CoordPS.Client;
using CoordPS.Server.Hosting;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Hosting;

public sealed class LocalEnsembleTests
{
    [Fact]
    public async Task An_ensemble_is_the_same_again_from_its_folder()
    {
        using var directory = new TempDirectory();
        LocalEnsembleOptions options = HostedEnsemble.Options(3, 1) with { DataPath = directory.Combine("kept") };
        string before;
        await using (LocalEnsemble ensemble = await HostedEnsemble.StartAsync(options))
        {
            before = ensemble.ConnectionString;
            Assert.True(ensemble.HasQuorum);
            Assert.True(ensemble.Member(4).IsObserver);
            await using ZooKeeperClient client = await HostedEnsemble.ConnectAsync(ensemble.ConnectionString);
            await client.CreateAsync("/kept", "1"u8.ToArray());
        }

        Assert.Equal("test", LocalEnsemble.NameIn(options.DataPath));
        await using LocalEnsemble again = await HostedEnsemble.StartAsync(new LocalEnsembleOptions { Name = "test", DataPath = options.DataPath });
        Assert.Equal(before, again.ConnectionString);
        await using ZooKeeperClient reader = await HostedEnsemble.ConnectAsync(again.ConnectionString);
        Assert.NotNull(await reader.ExistsAsync("/kept"));
    }

    [Fact]
    public async Task A_temporary_folder_goes_with_its_ensemble()
    {
        LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(3));
        Assert.True(Directory.Exists(ensemble.DataPath));
        await ensemble.StopAsync();
        await ensemble.StopAsync();
        Assert.False(Directory.Exists(ensemble.DataPath));
    }

    [Fact]
    public async Task A_given_port_in_use_is_named_with_its_member_and_nothing_is_left()
    {
        using var directory = new TempDirectory();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        LocalEnsembleOptions options = HostedEnsemble.Options(3) with { DataPath = directory.Combine("new"), ElectionPorts = [FreePort.Next(), port, FreePort.Next()] };
        LocalEnsembleException e = await Assert.ThrowsAsync<LocalEnsembleException>(() => HostedEnsemble.StartAsync(options));
        Assert.Equal(LocalEnsembleProblem.Address, e.Problem);
        Assert.Equal(2, e.Member);
        Assert.Contains($"election port {port}", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(options.DataPath));
    }

    [Fact]
    public async Task A_chosen_port_that_somebody_takes_before_the_start_is_exchanged_for_another()
    {
        LocalEnsemble ensemble = LocalEnsemble.Open(HostedEnsemble.Options(3));
        IPEndPoint chosen = ensemble.Member(2).ClientEndPoint;
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(chosen);
        taken.Listen();
        await using (ensemble)
        {
            await ensemble.StartAsync();
            Assert.NotEqual(chosen, ensemble.Member(2).ClientEndPoint);
            Assert.True(ensemble.HasQuorum);
        }
    }

    [Fact]
    public async Task A_folder_with_something_else_is_left_alone()
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory.Combine("zoo.cfg"), "precious");
        LocalEnsembleException e = Assert.Throws<LocalEnsembleException>(() => LocalEnsemble.Open(HostedEnsemble.Options(3) with { DataPath = directory.Path }));
        Assert.Equal(LocalEnsembleProblem.Mismatch, e.Problem);
        Assert.Equal("precious", await File.ReadAllTextAsync(directory.Combine("zoo.cfg")));
        Assert.Single(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public async Task Another_number_of_members_a_wrong_myid_and_a_damaged_description_are_errors()
    {
        using var directory = new TempDirectory();
        LocalEnsembleOptions options = HostedEnsemble.Options(3) with { DataPath = directory.Combine("kept") };
        await (await HostedEnsemble.StartAsync(options)).StopAsync();
        Assert.Contains("not 5 and 0", Throws(options with { Members = 5 }, LocalEnsembleProblem.Mismatch).Message, StringComparison.Ordinal);
        Throws(options with { ClientPorts = [12345] }, LocalEnsembleProblem.Mismatch);
        string myid = Path.Combine(options.DataPath, "3", "myid");
        await File.WriteAllTextAsync(myid, "1");
        Assert.Contains(myid, Throws(options, LocalEnsembleProblem.Mismatch).Message, StringComparison.Ordinal);
        string description = Path.Combine(options.DataPath, "ensemble.json");
        await File.WriteAllTextAsync(description, "{}");
        Assert.Contains(description, Throws(options, LocalEnsembleProblem.Data).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_are_added_and_removed_while_it_serves()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.PatientOptions(3));
        await using ZooKeeperClient client = await HostedEnsemble.ConnectAsync(ensemble.ConnectionString);
        await client.AddAuthAsync("digest", System.Text.Encoding.UTF8.GetBytes($"super:{ensemble.SuperPassword}"));
        LocalMember added = ensemble.PrepareMember(observer: false, ensemble.Members.Select(LocalEnsemble.ServerLineOf));
        Assert.Equal(4, added.Id);
        await added.StartAsync();
        await added.WaitUntilServingAsync().WaitAsync(Eventually.Patience);
        await client.ReconfigAsync(joining: LocalEnsemble.ServerLineOf(added));
        ensemble.Network!.Isolate(4);
        ensemble.Network.Heal();
        await client.ReconfigAsync(leaving: "4");
        await ensemble.DiscardMemberAsync(4, deleteData: true);
        Assert.Equal([1, 2, 3], ensemble.Members.Select(static m => m.Id));
        Assert.False(Directory.Exists(added.DataPath));
        Assert.Throws<ArgumentException>(() => ensemble.Network.Isolate(4));
    }

    [Fact]
    public async Task A_cancelled_start_leaves_nothing()
    {
        using var directory = new TempDirectory();
        LocalEnsemble ensemble = LocalEnsemble.Open(HostedEnsemble.Options(3) with { DataPath = directory.Combine("new") });
        using var cancel = new CancellationTokenSource();
        Task starting = ensemble.StartAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.False(Directory.Exists(directory.Combine("new")));
        Assert.All(ensemble.Members, static m => Assert.Equal(LocalMemberState.Stopped, m.State));
    }

    [Fact]
    public void A_process_is_told_from_a_later_one_with_its_number()
    {
        string? own = ProcessIdentity.Of(Environment.ProcessId);
        Assert.NotNull(own);
        Assert.True(ProcessIdentity.IsAlive(Environment.ProcessId, own));
        Assert.False(ProcessIdentity.IsAlive(Environment.ProcessId, own + "0"));
        Assert.False(ProcessIdentity.IsAlive(0, own));
    }

    private static LocalEnsembleException Throws(LocalEnsembleOptions options, LocalEnsembleProblem problem)
    {
        LocalEnsembleException e = Assert.Throws<LocalEnsembleException>(() => LocalEnsemble.Open(options));
        Assert.Equal(problem, e.Problem);
        Assert.NotEmpty(e.RecommendedAction);
        return e;
    }
}
