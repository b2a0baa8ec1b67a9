using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using CoordPS.Testing;

namespace CoordPS.Containers.Tests;

/// <summary>A file of a tar, with all that its header says.</summary>
internal sealed record TarFile(string Name, char Type, string Mode, string Owner, long Modified, string Link, string Device, string Content);

/// <summary>
/// The docker command, made to send its build context to a listener of this process in place of an engine, which only has to answer a ping
/// before and to refuse the build after.
/// </summary>
internal static class DockerCommand
{
    /// <summary>What it sends for a folder.</summary>
    public static async Task<(string Dockerfile, IReadOnlyList<TarFile> Files)> SendContextAsync(string directory, params string[] arguments)
    {
        using HttpListener listener = Listen(out int port);
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
        // The command ends when it has its answer, which it gets after all was received.
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        string said = await output + await rest;
        return received.IsFaulted || said.Contains("seen", StringComparison.Ordinal) ? await received : throw new InvalidOperationException($"docker build sent nothing: {said}");
    }

    /// <summary>Reads a tar without a library: what one would make of the fields is not the point.</summary>
    public static IReadOnlyList<TarFile> Read(Stream tar)
    {
        var files = new List<TarFile>();
        var extended = new Dictionary<string, string>();
        var header = new byte[512];
        while (true)
        {
            tar.ReadExactly(header);
            if (header.All(static b => b == 0))
                return files;
            var content = new byte[Number(124, 12)];
            tar.ReadExactly(content);
            tar.ReadExactly(new byte[(512 - content.Length % 512) % 512]);
            if (header[156] == 'x')
            {
                foreach (string record in Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    string[] pair = record[(record.IndexOf(' ', StringComparison.Ordinal) + 1)..].Split('=', 2);
                    extended[pair[0]] = pair[1];
                }

                continue;
            }

            // Docker before 23 had the kind of a file in its mode too, and the name of its owner.
            string prefix = Field(345, 155);
            files.Add(new TarFile(
                extended.GetValueOrDefault("path") ?? (prefix.Length > 0 ? $"{prefix}/{Field(0, 100)}" : Field(0, 100)), (char)header[156], Convert.ToString(Number(100, 8) & 0xfff, 8),
                $"{Number(108, 8)}:{Number(116, 8)}", extended.TryGetValue("mtime", out string? modified) ? long.Parse(modified.Split('.')[0], CultureInfo.InvariantCulture) : Number(136, 12),
                extended.GetValueOrDefault("linkpath") ?? Field(157, 100), $"{Number(329, 8)},{Number(337, 8)}", Encoding.Latin1.GetString(content)));
            extended.Clear();
        }

        long Number(int at, int length) => Field(at, length) is { Length: > 0 } octal ? Convert.ToInt64(octal, 8) : 0;

        string Field(int at, int length) => Encoding.Latin1.GetString(header, at, length).TrimEnd('\0', ' ');
    }

    private static async Task<(string, IReadOnlyList<TarFile>)> ReceiveAsync(HttpListener listener)
    {
        while (true)
        {
            HttpListenerContext context = await listener.GetContextAsync();
            using HttpListenerResponse response = context.Response;
            response.AddHeader("Api-Version", "1.41");
            response.AddHeader("OSType", "linux");
            // The listener may close a connection that the command is just about to use again.
            response.KeepAlive = false;
            if (!context.Request.Url!.AbsolutePath.EndsWith("/build", StringComparison.Ordinal))
                continue;
            IReadOnlyList<TarFile> files = Read(context.Request.InputStream);
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            response.StatusCode = 500;
            await response.OutputStream.WriteAsync("{\"message\":\"seen\"}"u8.ToArray());
            return (context.Request.QueryString["dockerfile"]!, files);
        }
    }

    private static HttpListener Listen(out int port)
    {
        while (true)
        {
            var listener = new HttpListener();
            port = FreePort.Next();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException)
            {
                // Somebody else was faster.
                listener.Close();
            }
        }
    }
}
