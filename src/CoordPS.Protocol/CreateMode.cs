namespace CoordPS.Protocol;

/// <summary>How a znode is created: the flags of a create request (Apache's <c>CreateMode</c>).</summary>
public enum CreateMode
{
    /// <summary>Stays until it is deleted.</summary>
    Persistent = 0,

    /// <summary>Goes with the session that created it.</summary>
    Ephemeral = 1,

    /// <summary>Persistent, with a ten-digit counter of the parent's appended to its name.</summary>
    PersistentSequential = 2,

    /// <summary>Ephemeral, with a counter appended.</summary>
    EphemeralSequential = 3,

    /// <summary>Deleted by the server some time after its last child is gone.</summary>
    Container = 4,

    /// <summary>Deleted by the server when it has not been modified for its time to live and has no children.</summary>
    PersistentWithTtl = 5,

    /// <summary>With a time to live and a counter appended.</summary>
    PersistentSequentialWithTtl = 6,
}

/// <summary>Questions asked of a <see cref="CreateMode"/>.</summary>
public static class CreateModeExtensions
{
    extension(CreateMode mode)
    {
        /// <summary>Whether the mode is one that the protocol knows.</summary>
        public bool IsKnown => mode is >= CreateMode.Persistent and <= CreateMode.PersistentSequentialWithTtl;

        /// <summary>Whether the znode goes with its session.</summary>
        public bool IsEphemeral => mode is CreateMode.Ephemeral or CreateMode.EphemeralSequential;

        /// <summary>Whether a counter is appended to the name.</summary>
        public bool IsSequential =>
            mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential or CreateMode.PersistentSequentialWithTtl;

        /// <summary>Whether the znode is a container.</summary>
        public bool IsContainer => mode is CreateMode.Container;

        /// <summary>Whether the znode has a time to live.</summary>
        public bool IsTtl => mode is CreateMode.PersistentWithTtl or CreateMode.PersistentSequentialWithTtl;
    }
}
