using System.Management.Automation;
using CoordPS.Storage;

namespace CoordPS.Cmdlets;

/// <summary>
/// Reads snapshots, CoordPS's or Apache's, plain or gzip, of a server that runs or not: what is to say of each, or its znodes, or its sessions. Each is
/// read to its end, where its checksum is. Znodes are emitted as they are read, parents first: an error at the end says that they can't be
/// trusted.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordSnapshot", DefaultParameterSetName = PathSet)]
[OutputType(typeof(SnapshotInfo), typeof(SnapshotZNode), typeof(SnapshotSession))]
public sealed class GetCoordSnapshotCommand : FileCmdlet
{
    /// <summary>Only the newest snapshot of each folder that is complete.</summary>
    [Parameter]
    public SwitchParameter Newest { get; set; }

    /// <summary>Emits the znodes.</summary>
    [Parameter]
    public SwitchParameter ZNode { get; set; }

    /// <summary>Emits the znodes that have such a path, with <c>*</c>, <c>?</c> and <c>[]</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? ZNodePath { get; set; }

    /// <summary>Emits the sessions that were open.</summary>
    [Parameter]
    public SwitchParameter SessionList { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessPathAsync(string path)
    {
        IReadOnlyList<string> files = Newest && Directory.Exists(path)
            ? [.. SnapshotDirectory.FindComplete(StoragePath.VersionDirectory(path), 1).Select(static f => f.FullName)]
            : StoragePath.Snapshots(path);
        if (files.Count == 0)
            WriteVerbose($"There is no snapshot in '{path}'.");
        foreach (string file in files)
        {
            try
            {
                Read(file);
            }
            catch (StorageException e)
            {
                WriteError(OfflineErrors.From(e), file);
            }
        }

        return Task.CompletedTask;
    }

    private void Read(string file)
    {
        var progress = new ProgressReporter(this, $"Reading {file}");
        try
        {
            if (!ZNode && ZNodePath is null && !SessionList)
            {
                WriteObject(SnapshotInfo.Read(file, count => Report(progress, count), Cancellation));
                return;
            }

            using var reader = new SnapshotReader(file);
            if (SessionList)
            {
                foreach ((long id, int timeout) in reader.Sessions)
                    WriteObject(new SnapshotSession(reader.FileName, id, timeout));
            }

            if (!ZNode && ZNodePath is null)
                return;
            WildcardPattern[]? patterns = ZNodePath?.Select(static p => new WildcardPattern(p, WildcardOptions.CultureInvariant)).ToArray();
            foreach (SnapshotNode node in reader.ReadNodes())
            {
                Cancellation.ThrowIfCancellationRequested();
                Report(progress, reader.NodeCount);
                if (patterns?.Any(p => p.IsMatch(node.Path)) != false)
                    WriteObject(new SnapshotZNode(reader.FileName, node));
            }
        }
        finally
        {
            progress.Complete();
        }
    }

    private static void Report(ProgressReporter progress, long count)
    {
        if ((count & 0xfff) == 0)
            progress.Report(count, "znodes");
    }
}
