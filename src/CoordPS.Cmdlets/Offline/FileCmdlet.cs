using System.Collections.ObjectModel;
using System.Management.Automation;
using CoordPS.Storage;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that reads a server's files: logs or snapshots, given as files, as folders that have them, or as what has a <c>DataPath</c>.</summary>
public abstract class FileCmdlet : AsyncCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    /// <summary>Files, <c>version-2</c> folders, data directories, or folders of local ensembles; with <c>*</c>, <c>?</c> and <c>[]</c>.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The same without wildcards; what files, members and ensembles in the pipeline bind to.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "LP", "DataPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Handles one file or folder.</summary>
    /// <param name="path">Its full path.</param>
    protected abstract Task ProcessPathAsync(string path);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (string path in Resolve())
        {
            try
            {
                await ProcessPathAsync(path);
            }
            catch (StorageException e)
            {
                WriteError(OfflineErrors.From(e), path);
            }
        }
    }

    private IEnumerable<string> Resolve()
    {
        foreach (string given in ParameterSetName == PathSet ? Path : LiteralPath)
        {
            Collection<string> found;
            try
            {
                found = ParameterSetName == PathSet
                    ? GetResolvedProviderPathFromPSPath(given, out _)
                    : [GetUnresolvedProviderPathFromPSPath(given)];
            }
            catch (ItemNotFoundException e)
            {
                WriteError(OfflineErrors.NoFile(given, e), given);
                continue;
            }

            if (found.Count == 0)
                WriteVerbose($"Nothing is named like '{given}'.");
            // Wildcards match in no particular order, and log.9 comes before log.a1.
            foreach (string path in found.OrderBy(static p => System.IO.Path.GetFileName(p).Length).ThenBy(static p => p, StringComparer.Ordinal))
            {
                if (!File.Exists(path) && !Directory.Exists(path))
                {
                    WriteError(OfflineErrors.NoFile(path), path);
                    continue;
                }

                foreach (string directory in StoragePath.DataDirectories(path))
                    yield return directory;
            }
        }
    }
}
