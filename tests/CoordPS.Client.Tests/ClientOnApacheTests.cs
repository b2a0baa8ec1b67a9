using CoordPS.Testing;

namespace CoordPS.Client.Tests;

[RequiresPeer(Peer.Apache)]
public sealed class ClientOnApacheTests(ApacheFixture fixture) : ClientContract(fixture), IClassFixture<ApacheFixture>;
