using System.Text.Json;
using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS.Cli.Tests;

public sealed class OfflineCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("coordps-cli-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Logs_are_printed_as_text_and_as_JSON()
    {
        var file = WriteLog();

        var text = await Coordps.RunAsync("log", _directory.FullName, "--from-zxid", "0x2");
        Assert.Equal((0, ""), (text.ExitCode, text.Errors));
        Assert.Matches("^0x2 \\S+ 0x10 SetData /a changed\n0x3 \\S+ 0x10 Delete /a\n$", text.Output.ReplaceLineEndings("\n"));

        var json = await Coordps.RunAsync("log", file, "--json", "--operation", "create", "--path", "/a*");
        var line = JsonDocument.Parse(Assert.Single(json.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
        Assert.Equal("0x1", line.GetProperty("zxid").GetString());
        Assert.Equal("text"u8.ToArray(), line.GetProperty("data").GetBytesFromBase64());
        Assert.Equal("Persistent", line.GetProperty("mode").GetString());
        Assert.Equal(16, line.GetProperty("offset").GetInt32());
    }

    [Fact]
    public async Task Snapshots_are_described_and_their_znodes_printed()
    {
        var file = WriteSnapshot();

        var info = await Coordps.RunAsync("snapshot", _directory.FullName, "--json");
        var line = JsonDocument.Parse(info.Output).RootElement;
        Assert.Equal((0, true, 2), (info.ExitCode, line.GetProperty("valid").GetBoolean(), line.GetProperty("znodes").GetInt32()));

        var nodes = await Coordps.RunAsync("snapshot", file, "--znodes");
        Assert.Equal("/ version 0 czxid 0x0 mzxid 0x0\n/a version 0 czxid 0x0 mzxid 0x0 text\n", nodes.Output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Damaged_files_are_exit_code_3_and_wrong_options_2()
    {
        var log = WriteLog();
        var snapshot = WriteSnapshot();
        foreach (var file in new[] { log, snapshot })
        {
            var bytes = await File.ReadAllBytesAsync(file);
            bytes[60] ^= 0xff;
            await File.WriteAllBytesAsync(file, bytes);
        }

        var damaged = await Coordps.RunAsync("log", log);
        Assert.Equal(3, damaged.ExitCode);
        Assert.Contains("corrupt at byte 16", damaged.Errors, StringComparison.Ordinal);
        Assert.Equal(3, (await Coordps.RunAsync("snapshot", snapshot)).ExitCode);
        Assert.Equal(3, (await Coordps.RunAsync("log", Path.Combine(_directory.FullName, "none"))).ExitCode);
        Assert.Equal(2, (await Coordps.RunAsync("log")).ExitCode);
        Assert.Equal(2, (await Coordps.RunAsync("log", log, "--from-zxid", "first")).ExitCode);
        Assert.Equal(2, (await Coordps.RunAsync("log", log, "--operation", "sing")).ExitCode);
    }

    private string WriteLog()
    {
        using var log = new TxnLog(_directory.FullName, new TxnLogOptions { PreAllocSize = 0 });
        Append(1, OpCode.Create, new CreateTxn("/a", "text"u8.ToArray(), Acl.OpenUnsafe, false, 1));
        Append(2, OpCode.SetData, new SetDataTxn("/a", "changed"u8.ToArray(), 1));
        Append(3, OpCode.Delete, new DeleteTxn("/a"));
        log.Commit();
        return log.CurrentFile!;

        void Append<T>(long zxid, OpCode type, T record) where T : IJuteRecord<T>
        {
            using var writer = new JuteWriter();
            new TxnHeader(0x10, (int)zxid, zxid, 1_700_000_000_000, type).Write(writer);
            record.Write(writer);
            log.Append(zxid, writer.WrittenSpan);
        }
    }

    private string WriteSnapshot()
    {
        using var writer = new SnapshotWriter(_directory.FullName, 3);
        writer.Begin([], new Dictionary<long, IReadOnlyList<Acl>>());
        writer.WriteNode("/", null, -1, default);
        writer.WriteNode("/a", "text"u8.ToArray(), -1, default);
        return writer.Complete();
    }
}
