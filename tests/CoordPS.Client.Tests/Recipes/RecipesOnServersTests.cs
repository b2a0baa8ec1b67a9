using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public sealed class LocksOnCoordPSTests(CoordPSFixture fixture) : LockContract(fixture), IClassFixture<CoordPSFixture>;

[RequiresPeer(Peer.Apache)]
public sealed class LocksOnApacheTests(ApacheFixture fixture) : LockContract(fixture), IClassFixture<ApacheFixture>;

public sealed class RecipesOnCoordPSTests(CoordPSFixture fixture) : RecipeContract(fixture), IClassFixture<CoordPSFixture>;

[RequiresPeer(Peer.Apache)]
public sealed class RecipesOnApacheTests(ApacheFixture fixture) : RecipeContract(fixture), IClassFixture<ApacheFixture>;
