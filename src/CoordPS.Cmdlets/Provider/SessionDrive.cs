using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>The drive that <c>Connect-Coord</c> makes of its session, and <c>Disconnect-Coord</c> removes.</summary>
internal static class SessionDrive
{
    /// <summary>The name unless another is given.</summary>
    public const string DefaultName = "ZK";

    private const string Scope = "Global";

    /// <summary>Whether a drive of that name is in the way: any but one whose session has ended.</summary>
    public static bool IsTaken(PSCmdlet cmdlet, string name) =>
        Get(cmdlet, name) is { } drive && drive is not ZooKeeperDrive { OwnsSession: false, Session.Client.State.IsFinal: true };

    /// <summary>Makes the drive, or gives one whose session has ended the new one.</summary>
    public static void Mount(PSCmdlet cmdlet, CoordSession session, string name)
    {
        ProviderInfo? provider = cmdlet.SessionState.Provider.GetAll().FirstOrDefault(info => info.ImplementingType == typeof(ZooKeeperProvider));
        if (provider is null)
        {
            cmdlet.WriteVerbose("There is no drive: this runspace lacks the provider CoordPS\\ZooKeeper.");
            return;
        }

        var drive = new ZooKeeperDrive(name, provider, session);
        if (Get(cmdlet, name) is ZooKeeperDrive ended)
        {
            if (ended.Root == drive.Root)
            {
                ended.Session = session;
                return;
            }

            Remove(cmdlet, ended);
        }

        cmdlet.SessionState.Drive.New(drive, Scope);
        cmdlet.WriteVerbose($"Drive {name}: is {drive.Root}.");
    }

    /// <summary>Removes the drives of a session.</summary>
    public static void Unmount(PSCmdlet cmdlet, CoordSession session)
    {
        foreach (ZooKeeperDrive drive in cmdlet.SessionState.Drive.GetAll().OfType<ZooKeeperDrive>().Where(drive => drive.Session == session))
            Remove(cmdlet, drive);
    }

    /// <summary>What is in the way of a name that was asked for.</summary>
    public static CoordException Taken(string name) => new(
        "DriveExists", ErrorCode.NodeExists, $"There is a drive {name}: already.", $"Choose another -DriveName, leave it with -NoDrive, or Remove-PSDrive {name} first.");

    private static PSDriveInfo? Get(PSCmdlet cmdlet, string name) =>
        cmdlet.SessionState.Drive.GetAll().FirstOrDefault(drive => string.Equals(drive.Name, name, StringComparison.OrdinalIgnoreCase));

    private static void Remove(PSCmdlet cmdlet, ZooKeeperDrive drive)
    {
        // PowerShell would leave the location in a drive that is no more.
        if (cmdlet.SessionState.Path.CurrentLocation.Drive == drive)
            cmdlet.SessionState.Path.SetLocation(WildcardPattern.Escape(cmdlet.SessionState.Path.CurrentFileSystemLocation.Path));
        cmdlet.SessionState.Drive.Remove(drive.Name, force: true, Scope);
    }
}
