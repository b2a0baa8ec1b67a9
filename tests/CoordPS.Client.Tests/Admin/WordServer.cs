using System.Net;
using System.Net.Sockets;
using System.Text;
using CoordPS.Client.Admin;

namespace CoordPS.Client.Tests.Admin;

/// <summary>A port that answers four-letter words with given texts; to other words it says what a server says whose whitelist has only those.</summary>
internal sealed class WordServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public WordServer(params (string Word, string Text)[] answers)
    {
        Answers = answers.ToDictionary(answer => answer.Word, answer => answer.Text);
        _listener.Start();
        _running = RunAsync();
    }

    public Dictionary<string, string> Answers { get; }

    /// <summary>Whether connections are taken and nothing is answered.</summary>
    public bool IsSilent { get; init; }

    public ServerName Name => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>What <c>srvr</c> prints.</summary>
    public static (string, string) Srvr(string mode, string zxid = "0x100000005", string version = "3.8.0") => ("srvr",
        $"Zookeeper version: {version}-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on 2022-02-25 08:49 UTC\nLatency min/avg/max: 0/1.5/12\nReceived: 30\nSent: 31\nConnections: 2\nOutstanding: 1\nZxid: {zxid}\nMode: {mode}\nNode count: 7\n");

    /// <summary>What <c>conf</c> prints.</summary>
    public static (string, string) Conf(int id, params string[] members) => ("conf",
        $"clientPort=2181\ndataDir=/data/version-2\ntickTime=2000\nserverId={id}\ninitLimit=10\nsyncLimit=5\npeerType=0\nmembership: \n{string.Join('\n', members)}\nversion=100000003");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
            _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            byte[] word = new byte[4];
            await client.GetStream().ReadExactlyAsync(word, _stop.Token);
            if (IsSilent)
                await Task.Delay(System.Threading.Timeout.Infinite, _stop.Token);
            string name = Encoding.ASCII.GetString(word);
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(Answers.GetValueOrDefault(name) ?? $"{name} is not executed because it is not in the whitelist.\n"), _stop.Token);
        }
    }
}
