using CoordPS.Testing;

namespace CoordPS.Client.Tests;

public sealed class ClientOnCoordPSTests(CoordPSFixture fixture) : ClientContract(fixture), IClassFixture<CoordPSFixture>;

public sealed class CoordPSFixture : ServerFixture
{
    protected override bool IsAvailable => true;

    public override async Task<ITestServer> StartServerAsync(TestServerOptions options) => await InProcessZooKeeper.StartNewAsync(options);
}
