using System.Text;

namespace CoordPS.Client.Recipes;

/// <summary>How a lock, a semaphore or an election writes its znodes.</summary>
public sealed class LockOptions
{
    private static readonly byte[] Owner = Encoding.UTF8.GetBytes($"{Environment.MachineName}/{Environment.ProcessId}/{Environment.UserName}");

    /// <summary>What the znode holds, for who looks at it. Null, the default: <c>HOST/PROCESS/USER</c>.</summary>
    public byte[]? Data { get; init; }

    /// <summary>How the znodes are named. Default: as Curator names them. A semaphore's are always Curator's.</summary>
    public LockNaming Naming { get; init; }

    internal static LockOptions Default { get; } = new();

    internal static byte[] DefaultData => Owner;

    internal byte[] DataOrDefault => Data ?? Owner;
}
