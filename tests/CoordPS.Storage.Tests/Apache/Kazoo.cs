using System.Diagnostics;
using System.Text.Json;

namespace CoordPS.Storage.Tests.Apache;

/// <summary>A znode as a client sees it.</summary>
internal sealed record ClientNode(string Data, long[] Stat, string[] Acl);

/// <summary>Runs Python against a server with Debian's kazoo.</summary>
internal static class Kazoo
{
    private const string Python = "/usr/bin/python3";

    private const string Prelude = """
        import base64, json, os, sys
        from kazoo.client import KazooClient
        from kazoo.security import make_acl, make_digest_acl
        zk = KazooClient(hosts=sys.argv[1], timeout=30)
        zk.start(timeout=20)

        def dump():
            nodes = {}
            def walk(path):
                data, s = zk.get(path)
                acl, _ = zk.get_acls(path)
                nodes[path] = {
                    "Data": base64.b64encode(data or b"").decode(),
                    "Stat": [s.czxid, s.mzxid, s.ctime, s.mtime, s.version, s.cversion, s.aversion, s.ephemeralOwner, s.dataLength, s.numChildren, s.pzxid],
                    "Acl": ["%s:%s:%d" % (a.id.scheme, a.id.id, a.perms) for a in acl],
                }
                for child in zk.get_children(path):
                    walk(path.rstrip("/") + "/" + child)
            walk("/")
            print(json.dumps(nodes))

        """;

    /// <summary>Runs a script with a started client <c>zk</c>, and returns what its <c>dump()</c> printed. The session is left open.</summary>
    public static async Task<Dictionary<string, ClientNode>> RunAsync(string address, string script)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(Python, ["-c", $"{Prelude}\n{script}\ndump()\nsys.stdout.flush()\nos._exit(0)\n", address])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return JsonSerializer.Deserialize<Dictionary<string, ClientNode>>(output)!;
    }
}
