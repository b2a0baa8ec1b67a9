using System.Formats.Tar;
using System.Globalization;
using CoordPS.Server.Backup;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>The data of members in containers, wherever their engine keeps its volumes: it is read and written through the engine.</summary>
internal static class ContainerData
{
    private const string Folder = "version-2";

    /// <summary>Whether a backup can't be taken over the network: there is no leader to follow, or it can't be reached from here.</summary>
    public static bool NeedsCopy(ContainerEnsemble ensemble) => ensemble.Members.Count == 1 || !ensemble.ContainerMembers[0].IsOnHostNetwork;

    /// <summary>Copies what the leader, or another member if none leads, has in its data directory.</summary>
    public static async Task<TemporaryCopy> CopyAsync(ContainerEnsemble ensemble, CancellationToken ct)
    {
        var member = (ContainerMember)(ensemble.Leader ?? ensemble.Members[0]);
        var copy = new TemporaryCopy();
        try
        {
            Stream archive = await member.Engine.OpenArchiveAsync(member.Container, $"{MemberEnvironment.DataDir}/{Folder}", ct).ConfigureAwait(false);
            await using (archive.ConfigureAwait(false))
                await TarFile.ExtractToDirectoryAsync(archive, copy.Path, overwriteFiles: false, ct).ConfigureAwait(false);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Gives all members a new volume with the data of a folder. The old volumes stay as they are.</summary>
    /// <param name="ensemble">The ensemble, whose members don't run.</param>
    /// <param name="folder">The folder with the new data.</param>
    /// <param name="force">Whether there may be data now.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<IReadOnlyList<RestoredDirectory>> ReplaceAsync(ContainerEnsemble ensemble, string folder, bool force, CancellationToken ct)
    {
        if (!force)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Mismatch, $"The members of '{ensemble.Name}' have data.",
                "Give -Force: they get new volumes with what is restored, and the volumes of now stay as they are.");
        }

        string suffix = DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        string[] lines = [.. ensemble.Members.Select(HostedEnsemble.ServerLineOf)];
        List<RestoredDirectory> restored = [];
        foreach (ContainerMember member in ensemble.ContainerMembers)
        {
            string before = member.Labels.Volume, volume = string.Create(CultureInfo.InvariantCulture, $"{ensemble.Name}-{member.Id}-data-{suffix}");
            await member.ReplaceAsync(volume, lines, container => FillAsync(member, container, folder, ct), ct).ConfigureAwait(false);
            restored.Add(new RestoredDirectory(volume, [before]));
        }

        return restored;
    }

    /// <summary>Writes the data as the user that owns the data directory, who is the server's.</summary>
    private static async Task FillAsync(ContainerMember member, string container, string folder, CancellationToken ct)
    {
        (int user, int group) = await OwnerAsync(member, container, ct).ConfigureAwait(false);
        string archive = Path.Combine(Path.GetDirectoryName(folder)!, Path.GetFileName(folder) + ".tar");
        await using var file = new FileStream(archive, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous });
        await using (var writer = new TarWriter(file, TarEntryFormat.Pax, leaveOpen: true))
        {
            await writer.WriteEntryAsync(Owned(new PaxTarEntry(TarEntryType.Directory, Folder), UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.GroupRead), ct).ConfigureAwait(false);
            foreach (string path in Directory.EnumerateFiles(Path.Combine(folder, Folder)))
            {
                await using FileStream data = File.OpenRead(path);
                PaxTarEntry entry = Owned(new PaxTarEntry(TarEntryType.RegularFile, $"{Folder}/{Path.GetFileName(path)}"), UnixFileMode.GroupRead);
                entry.DataStream = data;
                await writer.WriteEntryAsync(entry, ct).ConfigureAwait(false);
            }
        }

        file.Position = 0;
        await member.Engine.ExtractArchiveAsync(container, MemberEnvironment.DataDir, file, ct).ConfigureAwait(false);

        PaxTarEntry Owned(PaxTarEntry entry, UnixFileMode mode)
        {
            entry.Uid = user;
            entry.Gid = group;
            entry.Mode = mode | UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return entry;
        }
    }

    private static async Task<(int User, int Group)> OwnerAsync(ContainerMember member, string container, CancellationToken ct)
    {
        Stream archive = await member.Engine.OpenArchiveAsync(container, MemberEnvironment.DataDir, ct).ConfigureAwait(false);
        await using (archive.ConfigureAwait(false))
        {
            await using var reader = new TarReader(archive);
            return await reader.GetNextEntryAsync(copyData: false, ct).ConfigureAwait(false) is { } entry ? (entry.Uid, entry.Gid) : (0, 0);
        }
    }
}
