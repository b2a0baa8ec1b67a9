namespace CoordPS.Storage.Tests.Apache;

/// <summary>A test against Apache ZooKeeper, skipped where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ApacheFactAttribute : FactAttribute
{
    public ApacheFactAttribute() => Skip = ApacheServer.Missing;
}

/// <summary>A test with Apache ZooKeeper as the server and kazoo as its client, skipped where either is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ApacheAndKazooTheoryAttribute : TheoryAttribute
{
    public ApacheAndKazooTheoryAttribute() => Skip = ApacheServer.Missing ?? Kazoo.Missing;
}
