namespace CoordPS.Client.Admin;

/// <summary>A command that ZooKeeper's members know.</summary>
/// <param name="Name">A four-letter word, or the name of a command of the AdminServer.</param>
/// <param name="Help">What it does, in a few words.</param>
/// <param name="Changes">Whether it changes something.</param>
public sealed record AdminCommand(string Name, string Help, bool Changes = false)
{
    /// <summary>The four-letter words of 3.4 to 3.9, then the commands of their AdminServers that need no more than their name.</summary>
    public static IReadOnlyList<AdminCommand> Known { get; } =
    [
        new("conf", "Configuration and membership"),
        new("cons", "Connections with their statistics"),
        new("crst", "Resets the statistics of connections", Changes: true),
        new("dirs", "Sizes of snapshots and logs (3.5.1 and later)"),
        new("dump", "Sessions and their ephemerals"),
        new("envi", "Environment of the process"),
        new("gtmk", "Trace mask"),
        new("hash", "Digests of the tree's history (3.6 and later)"),
        new("isro", "Whether it serves reads only"),
        new("mntr", "Metrics"),
        new("ruok", "Whether the process answers"),
        new("srst", "Resets the statistics of the server", Changes: true),
        new("srvr", "Role, zxid, latency and connections"),
        new("stat", "The same, with the clients"),
        new("wchc", "Watches by session; long on a busy member"),
        new("wchp", "Watches by path; long on a busy member"),
        new("wchs", "Number of watches"),
        new("configuration", "Configuration"),
        new("connection_stat_reset", "Resets the statistics of connections", Changes: true),
        new("connections", "Connections with their statistics"),
        new("environment", "Environment of the process"),
        new("get_trace_mask", "Trace mask"),
        new("initial_configuration", "The configuration file it started with"),
        new("is_read_only", "Whether it serves reads only"),
        new("last_snapshot", "The last snapshot"),
        new("leader", "The leader"),
        new("monitor", "Metrics"),
        new("observer_connection_stat_reset", "Resets the statistics of observers' connections", Changes: true),
        new("observers", "Observers connected"),
        new("server_stats", "Role, zxid, latency and connections"),
        new("stat_reset", "Resets the statistics of the server", Changes: true),
        new("stats", "The same, with the clients"),
        new("system_properties", "System properties"),
        new("voting_view", "Voting members"),
        new("watch_summary", "Number of watches"),
        new("watches", "Watches by session; long on a busy member"),
        new("watches_by_path", "Watches by path; long on a busy member"),
        new("zabstate", "Where the member stands in Zab"),
    ];

    /// <summary>Whether it is sent to the port of clients; else it is one of the AdminServer.</summary>
    public bool IsFourLetterWord => Name.Length == 4;

    /// <summary>Whether a command changes something; one that is not known is taken not to.</summary>
    public static bool IsChange(string name) => Known.FirstOrDefault(command => command.Name == name)?.Changes ?? false;
}
