using System.Collections.Concurrent;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public abstract partial class RecipeContract
{
    [ContractFact]
    public async Task A_queue_gives_messages_in_their_order_and_waits_for_more()
    {
        var queue = new DistributedQueue(Other, $"{Root}/queue");
        Assert.Null(await queue.TryReceiveAsync(TimeSpan.Zero));
        foreach (string text in new[] { "1", "2", "3" })
            Assert.Matches("/qn-[0-9]{10}$", await queue.SendAsync(Bytes(text)));
        Assert.Equal(3, await queue.CountAsync());
        Assert.Equal(["1", "2"], (await queue.PeekAsync(2)).Select(m => Text(m.Data)));
        var consumer = new DistributedQueue(await ConnectAsync(), queue.Path);
        foreach (string text in new[] { "1", "2", "3" })
            Assert.Equal(text, Text((await consumer.ReceiveAsync().WaitAsync(Patience)).Data));
        Assert.Null(await consumer.TryReceiveAsync(TimeSpan.FromMilliseconds(50)));
        Task<QueueMessage> next = consumer.ReceiveAsync();
        Assert.False(next.IsCompleted);
        await queue.SendAsync(Bytes("4"));
        Assert.Equal("4", Text((await next.WaitAsync(Patience)).Data));
    }

    [ContractFact]
    public async Task A_queue_gives_messages_by_priority_or_when_they_are_due()
    {
        var byPriority = new DistributedQueue(Other, $"{Root}/priority", new QueueOptions { Layout = QueueLayout.Priority });
        foreach (int priority in new[] { 7, -1, 0, -5, 200_000 })
            await byPriority.SendAsync(Bytes($"{priority}"), new SendOptions { Priority = priority });
        Assert.Equal(["-5", "-1", "0", "7", "200000"], (await byPriority.PeekAsync()).Select(m => Text(m.Data)));
        await Assert.ThrowsAsync<ArgumentException>(() => byPriority.SendAsync(Bytes(""), new SendOptions { NotBefore = DateTimeOffset.UtcNow }));

        var delayed = new DistributedQueue(Other, $"{Root}/delayed", new QueueOptions { Layout = QueueLayout.Delayed });
        await delayed.SendAsync(Bytes("later"), new SendOptions { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });
        Assert.Null(await delayed.TryReceiveAsync(TimeSpan.Zero));
        DateTimeOffset due = DateTimeOffset.UtcNow.AddMilliseconds(400);
        await delayed.SendAsync(Bytes("soon"), new SendOptions { NotBefore = due });
        Assert.Equal("soon", Text((await delayed.ReceiveAsync().WaitAsync(Patience)).Data));
        Assert.True(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() >= due.ToUnixTimeMilliseconds());
        Assert.Equal(1, await delayed.CountAsync());
    }

    [ContractFact]
    public async Task Each_message_goes_to_one_of_many_consumers()
    {
        string path = $"{Root}/queue";
        var received = new ConcurrentQueue<string>();
        foreach (bool redeliver in new[] { false, true })
        {
            var options = new QueueOptions { Redeliver = redeliver };
            using var stop = new CancellationTokenSource();
            ZooKeeperClient[] clients = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ConnectAsync()));
            Task[] consumers = [.. clients.Select(async client =>
            {
                var queue = new DistributedQueue(client, path, options);
                while (true)
                {
                    await using QueueMessage message = await queue.ReceiveAsync(stop.Token);
                    received.Enqueue(Text(message.Data));
                    await message.CompleteAsync(CancellationToken.None);
                }
            })];
            var sender = new DistributedQueue(Other, path, options);
            string[] sent = [.. Enumerable.Range(0, 30).Select(i => $"{redeliver}{i}")];
            await Task.WhenAll(sent.Select(text => sender.SendAsync(Bytes(text))));
            await Eventually.TrueAsync(() => received.Count >= sent.Length, "all are received");
            await stop.CancelAsync();
            foreach (Task consumer in consumers)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.WaitAsync(Patience));
            Assert.Equal(sent.Order(), received.Order());
            received.Clear();
            Assert.Equal(0, await sender.CountAsync());
        }
    }

    [ContractFact]
    public async Task A_message_goes_to_another_consumer_when_the_first_dies_or_gives_it_back()
    {
        var options = new QueueOptions { Redeliver = true, Layout = QueueLayout.Curator };
        string path = $"{Root}/queue";
        await new DistributedQueue(Other, path, options).SendAsync([Bytes("a"), Bytes("b")]);
        ZooKeeperClient first = await ConnectAsync();
        QueueMessage message = await new DistributedQueue(first, path, options).ReceiveAsync().WaitAsync(Patience);
        Assert.Equal(["a", "b"], message.Items.Select(Text));
        Assert.Equal(LockState.Held, message.State);
        var second = new DistributedQueue(await ConnectAsync(), path, options);
        Assert.Null(await second.TryReceiveAsync(TimeSpan.Zero));
        Task<QueueMessage> wait = second.ReceiveAsync();
        await SessionFaults.ExpireAsync(first);
        QueueMessage again = await wait.WaitAsync(Patience);
        await Eventually.TrueAsync(() => message.LostToken.IsCancellationRequested, "the first knows");
        await Assert.ThrowsAnyAsync<Exception>(() => message.CompleteAsync());
        wait = new DistributedQueue(Other, path, options).ReceiveAsync();
        await again.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => again.CompleteAsync());
        QueueMessage last = await wait.WaitAsync(Patience);
        await last.CompleteAsync();
        Assert.Equal(0, await second.CountAsync());
        Assert.Equal(LockState.Released, last.State);
    }

    [ContractFact]
    public async Task A_message_that_was_taken_away_is_left_to_the_consumer_that_has_it_then()
    {
        var options = new QueueOptions { Redeliver = true };
        string path = $"{Root}/queue", locks = $"{Root}/queue-locks";
        await new DistributedQueue(Other, path, options).SendAsync(Bytes("x"));
        QueueMessage message = await new DistributedQueue(await ConnectAsync(), path, options).ReceiveAsync().WaitAsync(Patience);
        string taken = $"{locks}/{message.Name}";

        await Other.MultiAsync([ZooKeeperOperation.Delete(taken), ZooKeeperOperation.Create(taken, null, CreateMode.Ephemeral)]);
        await message.LostToken.WhenFiredAsync().WaitAsync(Patience);
        Assert.Equal(LockState.Lost, message.State);
        await message.ReleaseAsync().WaitAsync(Patience);
        Assert.Equal(Other.SessionId, (await Other.ExistsAsync(taken))?.EphemeralOwner);
    }

    [ContractFact]
    public async Task A_send_whose_answer_was_lost_is_confirmed_and_not_sent_twice()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        string path = $"{Root}/queue";
        var queue = new DistributedQueue(client, path, new QueueOptions { ConfirmSends = true });
        await queue.SendAsync(Bytes("1"));
        proxy.Hold(ProxyDirection.ToClient);
        Task<string> send = queue.SendAsync(Bytes("2"));
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(path)).Children.Count == 2, "it was carried out");
        proxy.Cut();
        proxy.Release();
        Assert.EndsWith("/qn-0000000001", await send.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.Equal(["1", "2"], (await queue.PeekAsync()).Select(m => Text(m.Data)));
        // The container that held them may go with the last of them.
        await Eventually.TrueAsync(async () => await Other.ExistsAsync(path + "-sends") is not { NumChildren: > 0 }, "receipts are gone");
    }

    [ContractFact]
    public async Task A_kazoo_locking_queue_has_kazoos_folders()
    {
        var queue = new DistributedQueue(Other, $"{Root}/queue", new QueueOptions { Layout = QueueLayout.Kazoo, Redeliver = true });
        Assert.Matches("/entries/entry-005-[0-9]{10}$", await queue.SendAsync(Bytes("x"), new SendOptions { Priority = 5 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.SendAsync(Bytes("x"), new SendOptions { Priority = 1000 }));
        await using QueueMessage message = await queue.ReceiveAsync().WaitAsync(Patience);
        Assert.Equal([message.Name], (await Other.GetChildrenAsync($"{Root}/queue/taken")).Children);
    }
}
