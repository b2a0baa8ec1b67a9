using System.Diagnostics;
using System.Formats.Tar;
using System.Net;
using System.Text;
using CoordPS.Testing;

namespace CoordPS.Containers.Tests;

/// <summary>A file of a tar, with what matters of it.</summary>
internal sealed record TarFile(string Name, TarEntryType Type, UnixFileMode Mode, int Owner, int Group, long Modified, string Link, string Content);

/// <summary>
/// The docker command, made to send its build context to a listener of this process in place of an engine, which only has to answer a ping
/// before and to refuse the build after.
/// </summary>
internal static class DockerCommand
{
    /// <summary>What it sends for a folder.</summary>
    public static async Task<(string Dockerfile, IReadOnlyList<TarFile> Files)> SendContextAsync(string directory, params string[] arguments)
    {
        int port = FreePort.Next();
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        Task<(string, IReadOnlyList<TarFile>)> received = ReceiveAsync(listener);
        var start = new ProcessStartInfo(Peers.FindOnPath("docker")!, ["-H", $"tcp://127.0.0.1:{port}", "build", .. arguments, directory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOCKER_BUILDKIT"] = "0", ["DOCKER_CONFIG"] = "/nonexistent", ["DOCKER_API_VERSION"] = "1.41" },
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardError.ReadToEndAsync();
        Task<string> rest = process.StandardOutput.ReadToEndAsync();
        Task first = await Task.WhenAny(received, process.WaitForExitAsync()).WaitAsync(TimeSpan.FromSeconds(30));
        if (first != received && !received.IsCompleted)
            throw new InvalidOperationException($"docker build sent nothing: {await output}{await rest}");
        (string, IReadOnlyList<TarFile>) result = await received;
        await process.WaitForExitAsync();
        return result;
    }

    /// <summary>Reads a tar.</summary>
    public static IReadOnlyList<TarFile> Read(Stream tar)
    {
        var files = new List<TarFile>();
        using var reader = new TarReader(tar);
        while (reader.GetNextEntry() is { } entry)
        {
            string content = entry.DataStream is null ? "" : new StreamReader(entry.DataStream, Encoding.Latin1).ReadToEnd();
            files.Add(new TarFile(entry.Name, entry.EntryType is TarEntryType.V7RegularFile ? TarEntryType.RegularFile : entry.EntryType,
                entry.Mode, entry.Uid, entry.Gid, entry.ModificationTime.ToUnixTimeSeconds(), entry.LinkName, content));
        }

        return files;
    }

    private static async Task<(string, IReadOnlyList<TarFile>)> ReceiveAsync(HttpListener listener)
    {
        while (true)
        {
            HttpListenerContext context = await listener.GetContextAsync();
            using HttpListenerResponse response = context.Response;
            response.AddHeader("Api-Version", "1.41");
            response.AddHeader("OSType", "linux");
            if (!context.Request.Url!.AbsolutePath.EndsWith("/build", StringComparison.Ordinal))
                continue;
            IReadOnlyList<TarFile> files = Read(context.Request.InputStream);
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            response.StatusCode = 500;
            await response.OutputStream.WriteAsync("{\"message\":\"seen\"}"u8.ToArray());
            return (context.Request.QueryString["dockerfile"]!, files);
        }
    }
}
