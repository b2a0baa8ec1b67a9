using System.Globalization;

namespace CoordPS.Server;

public sealed partial record ServerConfig
{
    /// <summary>Reads a <c>zoo.cfg</c>, the dynamic file that it names and the <c>myid</c> file in its data directory.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The configuration; see <see cref="Warnings"/>.</returns>
    /// <exception cref="ConfigException">The file cannot be read, or a server cannot start with it.</exception>
    public static ServerConfig Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var entries = CoordPS.Server.ConfigFile.Load(path, out var text);
        return ServerConfigParser.Build(entries, path, text);
    }

    /// <summary>Reads the text of a <c>zoo.cfg</c>, the dynamic file that it names and the <c>myid</c> file in its data directory.</summary>
    /// <param name="text">The text, in the syntax of Java's <c>.properties</c> files.</param>
    /// <returns>The configuration; see <see cref="Warnings"/>.</returns>
    /// <exception cref="ConfigException">A server cannot start with it.</exception>
    public static ServerConfig Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ServerConfigParser.Build(CoordPS.Server.ConfigFile.Parse(text, null), null, text);
    }

    /// <summary>Checks what a server cannot start without. <see cref="Load"/> and <see cref="Parse"/> have done so.</summary>
    /// <exception cref="ConfigException">A value is out of range, missing or contradicts another.</exception>
    public void Validate() => Validate([]);

    internal void Validate(List<ConfigWarning> warnings)
    {
        Require(!string.IsNullOrEmpty(DataDir), "dataDir", DataDir, "must name a directory");
        Require(ClientPort is >= 0 and <= 65535, "clientPort", ClientPort, "must be from 0 to 65535");
        Require(AdminServerPort is >= 0 and <= 65535, "admin.serverPort", AdminServerPort, "must be from 0 to 65535");
        Require(TickTime > 0, "tickTime", TickTime, "must be at least 1 millisecond");
        Require(MinSessionTimeout <= MaxSessionTimeout, "minSessionTimeout", MinSessionTimeout, $"must not be larger than maxSessionTimeout={MaxSessionTimeout}");
        Require(SnapCount >= 2, "snapCount", SnapCount, "must be at least 2");
        Require(JuteMaxBuffer >= 1024, "jute.maxbuffer", JuteMaxBuffer, "must be at least 1024 bytes");
        Require(GlobalOutstandingLimit >= 1, "globalOutstandingLimit", GlobalOutstandingLimit, "must be at least 1");
        ValidateEnsemble(warnings);
    }

    private void ValidateEnsemble(List<ConfigWarning> warnings)
    {
        var participants = Servers.Values.Count(s => s.Type == LearnerType.Participant);
        var observers = Servers.Count - participants;
        Require(participants > 0 || StandaloneEnabled, "standaloneEnabled", "false", "needs at least one server line of a participant");
        Require(participants > 0 || observers == 0, "server", null, "observers need at least one participant");
        if (participants == 1 && StandaloneEnabled)
        {
            Require(observers == 0, "server", null, "observers need a quorum: name more participants, or set standaloneEnabled=false");
            warnings.Add(new ConfigWarning(ConfigFile, 0, "server", "only one member is named; the server runs standalone"));
        }

        if (!IsDistributed)
        {
            return;
        }

        Require(InitLimit > 0, "initLimit", null, "is not set; an ensemble needs it");
        Require(SyncLimit > 0, "syncLimit", null, "is not set; an ensemble needs it");
        Require(ServerId != Unset, "myid", null, $"{Path.Combine(DataDir, "myid")} is missing; write the N of this member's server.N line into it");
        if (participants == 2)
        {
            warnings.Add(new ConfigWarning(ConfigFile, 0, "server", "two participants survive no failure; name at least three"));
        }
        else if (participants % 2 == 0)
        {
            warnings.Add(new ConfigWarning(ConfigFile, 0, "server", "an even number of participants survives no more failures than one less"));
        }
    }

    private void Require(bool met, string key, object? value, string problem)
    {
        if (!met)
        {
            throw new ConfigException(ConfigFile, 0, key, Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null, problem);
        }
    }
}
