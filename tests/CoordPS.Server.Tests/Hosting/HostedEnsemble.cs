using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Hosting;

/// <summary>What tests ask of local ensembles.</summary>
internal static class HostedEnsemble
{
    public static LocalEnsembleOptions Options(int members, int observers = 0) => new() { Name = "test", Members = members, Observers = observers };

    /// <summary>The same with ticks so long that a busy machine costs no member its leader.</summary>
    public static LocalEnsembleOptions PatientOptions(int members) =>
        Options(members) with { Settings = new Dictionary<string, string> { ["tickTime"] = "2000", ["initLimit"] = "5", ["syncLimit"] = "2" } };

    public static async Task<LocalEnsemble> StartAsync(LocalEnsembleOptions options)
    {
        LocalEnsemble ensemble = LocalEnsemble.Open(options);
        await ensemble.StartAsync();
        return ensemble;
    }

    public static Task<ZooKeeperClient> ConnectAsync(string connectionString) => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
    {
        ConnectionString = connectionString,
        SessionTimeout = TimeSpan.FromSeconds(20),
        ConnectRetryTime = TimeSpan.FromSeconds(20),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
    });

    public static Task<ZooKeeperClient> ConnectAsync(LocalMember member) => ConnectAsync(member.ClientEndPoint.ToString());

    /// <summary>Writes until it succeeds: a client can't tell at first that its member has no quorum any more.</summary>
    public static Task WriteAsync(ZooKeeperClient client, string path) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await client.CreateAsync(path, Array.Empty<byte>());
                return true;
            }
            catch (NodeExistsException)
            {
                return true;
            }
            catch (ZooKeeperException e) when (e.Error is ErrorCode.ConnectionLoss or ErrorCode.RequestTimeout or ErrorCode.OperationTimeout)
            {
                return false;
            }
        },
        $"{path} is written");

    public static async Task<LocalMember> LeaderAmongAsync(LocalEnsemble ensemble, params long[] ids)
    {
        LocalMember? leader = null;
        await Eventually.TrueAsync(
            () => (leader = ensemble.Members.FirstOrDefault(m => ids.Contains(m.Id) && m is { IsServing: true, Role: LocalMemberRole.Leader })) is not null,
            $"one of {string.Join(", ", ids)} leads");
        return leader!;
    }
}
