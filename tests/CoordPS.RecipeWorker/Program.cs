using System.Diagnostics;
using System.Globalization;
using System.Text;
using CoordPS.Client;
using CoordPS.Client.Recipes;
using CoordPS.RecipeWorker;

// usage: recipe-worker MODE SERVERS PATH COUNT NAME [ARGUMENT]
// Contends with other processes by one recipe. What happens is printed, a line each, after the time by the system's monotonic clock, which
// all processes share. Ends with 0 when it is done.
(string mode, string servers, string path, int count, string name) =
    (args[0], args[1], args[2], int.Parse(args[3], CultureInfo.InvariantCulture), args[4]);
string? argument = args.Length > 5 ? args[5] : null;
await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
{
    ConnectionString = servers,
    SessionTimeout = TimeSpan.FromSeconds(15),
    ConnectRetryTime = TimeSpan.FromSeconds(30),
    MaxReconnectBackoff = TimeSpan.FromMilliseconds(500),
});

switch (mode)
{
    case "lock":
        await ContendAsync(new DistributedLock(client, path, new LockOptions { Naming = Enum.Parse<LockNaming>(argument ?? "Curator") }));
        break;
    case "read":
        await ContendAsync(new DistributedReadWriteLock(client, path).ReadLock, "read");
        break;
    case "write":
        await ContendAsync(new DistributedReadWriteLock(client, path).WriteLock, "write");
        break;
    case "semaphore":
        await ContendAsync(new DistributedSemaphore(client, path, int.Parse(argument!, CultureInfo.InvariantCulture)));
        break;
    case "election":
        var selector = new LeaderSelector(client, path, name, Enum.Parse<LockNaming>(argument ?? "Curator"));
        for (int i = 0; i < count; i++)
        {
            await selector.LeadAsync(async (leadership, ct) =>
            {
                Write($"enter {name}");
                await Task.Delay(5, ct);
                Write($"exit {name}");
            });
        }

        break;
    case "latch":
        for (int i = 0; i < count; i++)
        {
            await using LeaderLatch latch = LeaderLatch.Start(client, path, name);
            await latch.WaitForLeadershipAsync();
            Write($"enter {name}");
            await Task.Delay(5);
            Write($"exit {name}");
        }

        break;
    case "fenced":
        await ContendFencedAsync();
        break;
    case "send":
        var outbox = new DistributedQueue(client, path, Options());
        for (int i = 0; i < count; i++)
        {
            await outbox.SendAsync(Encoding.UTF8.GetBytes($"{name}-{i}"));
            Write($"sent {name}-{i}");
        }

        break;
    case "receive":
        await ReceiveAsync();
        break;
    case "barrier":
        var barrier = new DistributedDoubleBarrier(client, path, int.Parse(argument!, CultureInfo.InvariantCulture));
        for (int i = 0; i < count; i++)
        {
            Write($"arrive {i} {name}");
            await barrier.EnterAsync();
            Write($"in {i} {name}");
            await Task.Delay(20);
            Write($"leave {i} {name}");
            await barrier.LeaveAsync();
            Write($"out {i} {name}");
        }

        break;
    case "count":
        var counter = new DistributedCounter(client, path, Enum.Parse<CounterFormat>(argument ?? "Int64"));
        for (int i = 0; i < count; i++)
            await counter.AddAsync(1);
        break;
    default:
        throw new ArgumentException($"'{mode}' is no mode of this program.");
}

return;

static void Write(string line) => Console.Out.WriteLine($"{Stopwatch.GetTimestamp()} {line}");

QueueOptions Options() => argument switch
{
    "kazoo" => new QueueOptions { Layout = QueueLayout.Kazoo },
    "redeliver" => new QueueOptions { Redeliver = true, ConfirmSends = true },
    _ => new QueueOptions(),
};

async Task ContendAsync(ILock contended, string kind = "")
{
    for (int i = 0; i < count; i++)
    {
        await using LockHandle handle = await contended.AcquireAsync();
        Write($"enter {name} {kind}".TrimEnd());
        await Task.Delay(5);
        Write($"exit {name} {kind}".TrimEnd());
    }
}

// Holds the lock across the resource's two writes; the work stops when the lock is suspended, and is begun again.
async Task ContendFencedAsync()
{
    var mutex = new DistributedLock(client, path);
    var resource = new FencedFile(argument!);
    for (int done = 0; done < count;)
    {
        await using LockHandle handle = await mutex.AcquireAsync();
        try
        {
            if (!resource.TryWrite(handle.FencingToken, $"begin {name} {done}"))
                throw new InvalidOperationException("The resource refused a token that was just acquired.");
            await Task.Delay(15, handle.LostToken);
            if (resource.TryWrite(handle.FencingToken, $"end {name} {done}"))
                done++;
        }
        catch (OperationCanceledException)
        {
            Write($"interrupted {name} {done}");
        }
    }
}

// Until a message says so.
async Task ReceiveAsync()
{
    var inbox = new DistributedQueue(client, path, Options());
    while (true)
    {
        await using QueueMessage message = await inbox.ReceiveAsync();
        string text = Encoding.UTF8.GetString(message.Data);
        try
        {
            await message.CompleteAsync();
            Write($"got {text} {name}");
        }
        catch (InvalidOperationException)
        {
            Write($"lost {text} {name}");
            continue;
        }

        if (text == "stop")
            return;
    }
}
