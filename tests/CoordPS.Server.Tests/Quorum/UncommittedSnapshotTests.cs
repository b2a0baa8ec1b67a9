using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>
/// A member of Apache's that was about to lead leaves a snapshot of all it had logged, whether a quorum had it or not; who starts on its
/// directory must be able to give up what no quorum has.
/// </summary>
public sealed class UncommittedSnapshotTests : IDisposable
{
    private const int Transactions = 20;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_only_the_newest_snapshot_has_applied_is_logged_as_long_as_the_log_has_it()
    {
        long last = Write();
        using Database database = Open("server.1=127.0.0.1:1:2\nserver.2=127.0.0.1:3:4\nserver.3=127.0.0.1:5:6\n");
        Assert.Equal(last, database.LastLoggedZxid);
        Assert.Equal(0, database.Tree.LastProcessedZxid);
        Assert.Equal(Transactions, database.Logged.Count);
    }

    [Fact]
    public void A_truncation_sets_aside_the_snapshot_that_has_more()
    {
        long last = Write();
        const string Members = "server.1=127.0.0.1:1:2\nserver.2=127.0.0.1:3:4\nserver.3=127.0.0.1:5:6\n";
        using (Database database = Open(Members))
            database.TruncateLog(last - 3);
        string folder = _directory.Combine("version-2");
        Assert.False(File.Exists(Path.Combine(folder, $"snapshot.{last:x}")));
        Assert.True(File.Exists(Path.Combine(folder, $"truncated.snapshot.{last:x}")));
        using Database again = Open(Members);
        Assert.Equal(last - 3, again.LastLoggedZxid);
        Assert.Null(again.Tree.Find(System.Text.Encoding.UTF8.GetBytes($"/n{Transactions - 1}")));
    }

    [Fact]
    public void Without_a_log_that_leads_to_it_the_newest_snapshot_is_what_there_is()
    {
        long last = Write();
        foreach (string log in Directory.GetFiles(_directory.Combine("version-2"), "log.*"))
            File.Delete(log);
        using Database database = Open("server.1=127.0.0.1:1:2\nserver.2=127.0.0.1:3:4\nserver.3=127.0.0.1:5:6\n");
        Assert.Equal(last, database.Tree.LastProcessedZxid);
        Assert.Empty(database.Logged);
    }

    /// <summary>Writes an empty snapshot, a log, and a snapshot of all that is logged.</summary>
    private long Write()
    {
        using Database database = Open("");
        long zxid = 0;
        for (int i = 0; i < Transactions; i++)
        {
            zxid++;
            var header = new TxnHeader(1, i, zxid, 1, OpCode.Create);
            var txn = new CreateTxn($"/n{i}", [], Acl.OpenUnsafe, false, i + 1);
            database.Tree.Apply(header, txn);
            using var entry = new JuteWriter();
            header.Write(entry);
            txn.Write(entry);
            database.Log.Append(zxid, entry.WrittenSpan);
        }

        database.Log.Commit();
        database.WriteSnapshot();
        return zxid;
    }

    private Database Open(string members)
    {
        File.WriteAllText(_directory.Combine("myid"), "1\n");
        return Database.Open(
            ServerConfig.Parse($"dataDir={_directory.Path.Replace('\\', '/')}\nclientPort=0\ntickTime=2000\ninitLimit=5\nsyncLimit=5\n{members}"),
            new ServerMetrics(), NullLogger.Instance);
    }
}
