namespace CoordPS.Client.Tests;

/// <summary>What the client does, on whichever server.</summary>
public abstract partial class ClientContract(ServerFixture fixture) : ServerContract(fixture);
