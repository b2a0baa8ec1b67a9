using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Provider;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <content>Data as content: text by lines, or bytes.</content>
public sealed partial class ZooKeeperProvider
{
    /// <inheritdoc/>
    public object GetContentReaderDynamicParameters(string path) => new ReadContentParameters();

    /// <summary>Reads the data, so that Ctrl+C and errors are this command's.</summary>
    public IContentReader? GetContentReader(string path)
    {
        IContentReader? reader = null;
        Try(path, async cancel =>
        {
            Place place = Locate(path);
            var parameters = DynamicParameters as ReadContentParameters ?? new ReadContentParameters();
            byte[]? data = (await (await place.SessionAsync(cancel)).Client.GetDataAsync(place.Path, cancel)).Data;
            reader = new ZNodeContentReader((data, parameters.AsByteStream.IsPresent, parameters.Raw.IsPresent) switch
            {
                (null, _, _) => Array.Empty<object>(),
                (_, true, true) => new object[] { data },
                (_, true, false) => data,
                (_, false, true) => new object[] { ContentText.Decode(data, parameters.Encoding, place.Path) },
                _ => ContentText.Lines(ContentText.Decode(data, parameters.Encoding, place.Path)),
            });
        });
        return reader;
    }

    /// <inheritdoc/>
    public object GetContentWriterDynamicParameters(string path) => new WriteContentParameters();

    /// <inheritdoc/>
    public IContentWriter? GetContentWriter(string path)
    {
        IContentWriter? writer = null;
        Try(path, cancel =>
        {
            Place place = Locate(path);
            bool ofCmdlet = DynamicParameters is WriteContentParameters;
            var parameters = DynamicParameters as WriteContentParameters ?? new WriteContentParameters();
            writer = new ZNodeContentWriter(place.Path, parameters, (content, end) => Store(place, content, end, parameters.Version, ofCmdlet));
            return Task.CompletedTask;
        });
        return writer;
    }

    /// <inheritdoc/>
    public object? ClearContentDynamicParameters(string path) => null;

    /// <summary>Sets the data to none.</summary>
    public void ClearContent(string path)
    {
        // Set-Content clears before it writes. Watchers would see an empty znode: what it writes replaces all there is anyway.
        if (DynamicParameters is WriteContentParameters)
            return;
        Try(path, async cancel =>
        {
            Place place = Locate(path);
            if (ShouldProcess(place.Path, "Clear content"))
                await (await place.SessionAsync(cancel)).Client.SetDataAsync(place.Path, [], ct: cancel);
        });
    }

    /// <summary>
    /// Whether PowerShell closes a writer because the pipeline has failed. It does not say so; but then the writer is closed by what disposes
    /// of the pipeline's commands, and not by the cmdlet at its end.
    /// </summary>
    private static bool HasPipelineFailed() => new StackTrace(fNeedFileInfo: false).GetFrames().Any(frame => frame.GetMethod()?.Name == "DisposeCommands");

    private static async Task<byte[]> AppendedAsync(byte[]? before, byte[] content, ContentEnd end)
    {
        using var all = new MemoryStream();
        await all.WriteAsync(before ?? []);
        if (end == ContentEnd.AppendLine && before is { Length: > 0 } && before[^1] != '\n')
            all.WriteByte((byte)'\n');
        await all.WriteAsync(content);
        return all.ToArray();
    }

    /// <summary>Stores what a content writer has collected, at its end.</summary>
    private void Store(Place place, Func<byte[]> content, ContentEnd end, int version, bool ofCmdlet)
    {
        if (!ofCmdlet)
            Run(cancel => StoreAsync(place, content(), end, version, cancel));
        else if (!HasPipelineFailed())
            Try(place.Path, cancel => StoreAsync(place, content(), end, version, cancel));
    }

    private async Task StoreAsync(Place place, byte[] content, ContentEnd end, int version, CancellationToken cancellationToken)
    {
        ZooKeeperClient client = (await place.SessionAsync(cancellationToken)).Client;
        while (true)
        {
            try
            {
                if (end == ContentEnd.Replace)
                {
                    await client.SetDataAsync(place.Path, content, version, cancellationToken);
                    return;
                }

                (byte[]? before, Stat stat) = await client.GetDataAsync(place.Path, cancellationToken);
                await client.SetDataAsync(place.Path, await AppendedAsync(before, content, end), version < 0 ? stat.Version : version, cancellationToken);
                return;
            }
            catch (BadVersionException) when (end != ContentEnd.Replace && version < 0)
            {
                // Someone else has set it since it was read.
                continue;
            }
            catch (NoNodeException) when (version < 0)
            {
            }

            try
            {
                if (Force)
                    await client.EnsurePathAsync(ZPath.Parent(place.Path), ct: cancellationToken);
                await client.CreateAsync(place.Path, content, ct: cancellationToken);
                return;
            }
            catch (NodeExistsException)
            {
                // Someone else was faster.
            }
        }
    }
}
