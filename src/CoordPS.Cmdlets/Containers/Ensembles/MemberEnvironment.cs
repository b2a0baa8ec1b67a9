using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>The settings of a member as the environment of its container, by the conventions of the official Apache image, which ours shares.</summary>
internal static class MemberEnvironment
{
    /// <summary>Where both images have the data.</summary>
    public const string DataDir = "/data";

    /// <summary>Where the super user's password is noted, for whoever may inspect the container and so has its engine in hand anyway.</summary>
    public const string SuperPassword = "COORDPS_SUPER_PASSWORD";

    public const string Servers = "ZOO_SERVERS";

    private const string Extra = "ZOO_CFG_EXTRA";
    private const string SuperDigest = "DigestAuthenticationProvider.superDigest";

    /// <summary>Settings that have a variable of their own.</summary>
    private static readonly Dictionary<string, string> Variables = new(StringComparer.Ordinal)
    {
        ["tickTime"] = "ZOO_TICK_TIME",
        ["initLimit"] = "ZOO_INIT_LIMIT",
        ["syncLimit"] = "ZOO_SYNC_LIMIT",
        ["maxClientCnxns"] = "ZOO_MAX_CLIENT_CNXNS",
        ["standaloneEnabled"] = "ZOO_STANDALONE_ENABLED",
        ["admin.enableServer"] = "ZOO_ADMINSERVER_ENABLED",
        ["autopurge.purgeInterval"] = "ZOO_AUTOPURGE_PURGEINTERVAL",
        ["autopurge.snapRetainCount"] = "ZOO_AUTOPURGE_SNAPRETAINCOUNT",
        ["4lw.commands.whitelist"] = "ZOO_4LW_COMMANDS_WHITELIST",
    };

    /// <summary>What is not up to the caller: the ensemble knows where things are.</summary>
    private static readonly string[] Fixed = ["dataDir", "dataLogDir", "clientPort", "clientPortAddress"];

    // The same as of ensembles outside of containers: see EnsembleFolder. Containers are not as near to each other, and get more time.
    private static readonly Dictionary<string, string> Defaults = new(StringComparer.Ordinal)
    {
        ["tickTime"] = "500",
        ["initLimit"] = "40",
        ["syncLimit"] = "10",
        ["maxSessionTimeout"] = "60000",
        ["maxClientCnxns"] = "0",
        ["preAllocSize"] = "4096",
        ["reconfigEnabled"] = "true",
        ["admin.enableServer"] = "false",
        ["4lw.commands.whitelist"] = "*",
    };

    /// <summary>The settings of all members.</summary>
    /// <param name="settings">By the names of <c>zoo.cfg</c>; they go before the defaults.</param>
    /// <exception cref="LocalEnsembleException">One can't be set so.</exception>
    public static Dictionary<string, string> Of(IReadOnlyDictionary<string, string> settings)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ZOO_DATA_DIR"] = DataDir, ["ZOO_DATA_LOG_DIR"] = DataDir };
        var all = new SortedDictionary<string, string>(Defaults, StringComparer.Ordinal);
        if (!settings.ContainsKey(SuperDigest))
        {
            string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            environment[SuperPassword] = password;
            all[SuperDigest] = EnsembleFolder.SuperDigest(password);
        }

        foreach ((string key, string value) in settings)
            all[key] = value;
        var extra = new StringBuilder();
        foreach ((string key, string value) in all)
        {
            if (Fixed.Contains(key) || EnsembleLine(key))
                throw Wrong($"{key} can't be set for members in containers", "Leave it out: Start-CoordEnsemble sets it.");
            if (Variables.TryGetValue(key, out string? variable))
                environment[variable] = value;
            else if ((key + value).Any(char.IsWhiteSpace))
                throw Wrong($"{key}={value} has blanks, which {Extra} can't hold", "Give a value without blanks, or an image with a zoo.cfg of its own in /conf.");
            else
                extra.Append(CultureInfo.InvariantCulture, $"{(extra.Length > 0 ? " " : "")}{key}={value}");
        }

        environment[Extra] = extra.ToString();
        return environment;
    }

    private static bool EnsembleLine(string key) =>
        key.StartsWith("server.", StringComparison.Ordinal) || key.StartsWith("group.", StringComparison.Ordinal) || key.StartsWith("weight.", StringComparison.Ordinal);

    private static LocalEnsembleException Wrong(string message, string action) => new(LocalEnsembleProblem.Configuration, $"{message}.", action);
}
