using System.Text.RegularExpressions;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

/// <summary>Locks of all kinds: who has them, who waits, and what becomes of them when connections and sessions go.</summary>
public abstract class LockContract(ServerFixture fixture) : ServerContract(fixture)
{
    private string Path => $"{Root}/lock";

    [ContractFact]
    public async Task One_of_many_holds_a_lock_at_a_time_and_fencing_tokens_grow()
    {
        int holders = 0;
        List<long> tokens = [];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            ZooKeeperClient client = await ConnectAsync();
            var mutex = new DistributedLock(client, Path);
            for (int i = 0; i < 5; i++)
            {
                await using LockHandle handle = await mutex.AcquireAsync().WaitAsync(Patience);
                Assert.Equal(1, Interlocked.Increment(ref holders));
                Assert.True(handle.IsHeld);
                tokens.Add(handle.FencingToken);
                await Task.Yield();
                Interlocked.Decrement(ref holders);
            }
        }));
        Assert.Equal(20, tokens.Count);
        Assert.Equal(tokens.Order().Distinct(), tokens);
    }

    [ContractFact]
    public async Task A_waiter_watches_its_predecessor_and_nobody_else()
    {
        List<LockHandle> handles = [await new DistributedLock(Other, Path).AcquireAsync()];
        List<Task<LockHandle>> waits = [];
        for (int i = 0; i < 5; i++)
        {
            waits.Add(new DistributedLock(await ConnectAsync(), Path).AcquireAsync());
            await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count == waits.Count + 1, "the waiter is in line");
        }

        await Eventually.TrueAsync(async () => (await WatchersAsync()).Values.Sum() == 6, "each waiter watches");
        Dictionary<string, int> watchers = await WatchersAsync();
        string[] line = [.. ContenderName.Sort((await Other.GetChildrenAsync(Path)).Children).Select(c => $"{Path}/{c.Name}")];
        // The holder watches its own znode too, to notice when someone deletes it.
        Assert.Equal([2, 1, 1, 1, 1, 0], line.Select(path => watchers.GetValueOrDefault(path)));
        await handles[0].DisposeAsync();
        foreach (Task<LockHandle> wait in waits)
            await (await wait.WaitAsync(Patience)).DisposeAsync();
    }

    [ContractFact]
    public async Task A_lock_is_reentrant_and_goes_with_the_last_handle()
    {
        var mutex = new DistributedLock(Other, Path);
        object owner = new();
        LockHandle first = await mutex.AcquireAsync(owner);
        LockHandle second = await mutex.AcquireAsync(owner);
        LockHandle third = second.Reenter();
        Assert.Equal(first.Path, third.Path);
        await first.DisposeAsync();
        await first.DisposeAsync();
        await second.DisposeAsync();
        Assert.True(third.IsHeld);
        Assert.NotNull(await Other.ExistsAsync(third.Path));
        await third.DisposeAsync();
        Assert.Equal(LockState.Released, third.State);
        Assert.True(third.LostToken.IsCancellationRequested || await Task.WhenAny(third.LostToken.WhenFiredAsync(), Task.Delay(Patience)) is { IsCompletedSuccessfully: true });
        Assert.Null(await Other.ExistsAsync(third.Path));
        Assert.Throws<InvalidOperationException>(third.Reenter);
        await using LockHandle anew = await mutex.AcquireAsync(owner);
        Assert.NotEqual(first.Path, anew.Path);
    }

    [ContractFact]
    public async Task A_wait_that_is_over_or_cancelled_leaves_nothing_behind()
    {
        await using LockHandle handle = await new DistributedLock(Other, Path).AcquireAsync();
        var mutex = new DistributedLock(await ConnectAsync(), Path);
        Assert.Null(await mutex.TryAcquireAsync(TimeSpan.Zero));
        Assert.Null(await mutex.TryAcquireAsync(TimeSpan.FromMilliseconds(50)));
        using var cancellation = new CancellationTokenSource();
        Task<LockHandle> wait = mutex.AcquireAsync(cancellation.Token);
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count > 1, "it waits");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count == 1, "only the holder is left");
    }

    [ContractFact]
    public async Task A_wait_cancelled_without_a_connection_is_cleaned_up_when_there_is_one()
    {
        await using LockHandle handle = await new DistributedLock(Other, Path).AcquireAsync();
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        using var cancellation = new CancellationTokenSource();
        Task<LockHandle> wait = new DistributedLock(client, Path).AcquireAsync(cancellation.Token);
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count == 2, "it waits");
        proxy.Refuse();
        proxy.Cut();
        await UntilAsync(client, SessionState.Disconnected);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(TimeSpan.FromSeconds(15)));
        proxy.Accept();
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count == 1, "its znode is gone");
        Assert.Equal(SessionState.Connected, client.State);
    }

    [ContractFact]
    public async Task A_create_whose_answer_was_lost_is_found_again()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        await Other.CreateAsync(Path);
        Task<LockHandle> acquire = await LoseAnswerAsync(proxy, () => new DistributedLock(client, Path).AcquireAsync());
        await using LockHandle handle = await acquire.WaitAsync(Patience);
        Assert.Equal(CoordPS.Protocol.ZPath.Name(handle.Path), Assert.Single((await Other.GetChildrenAsync(Path)).Children));
        Assert.Matches("^_c_[0-9a-f-]{36}-lock-0000000000$", CoordPS.Protocol.ZPath.Name(handle.Path));
    }

    [ContractFact]
    public async Task A_create_whose_answer_was_lost_is_undone_when_nobody_waits_for_it()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        await Other.CreateAsync(Path);
        using var cancellation = new CancellationTokenSource();
        proxy.Hold(ProxyDirection.ToClient);
        Task<LockHandle> acquire = new DistributedLock(client, Path).AcquireAsync(cancellation.Token);
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count == 1, "it was created");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => acquire);
        proxy.Cut();
        proxy.Release();
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count == 0, "it is gone");
        Assert.NotEqual(SessionState.Expired, client.State);
    }

    [ContractFact]
    public async Task A_lost_connection_suspends_a_lock_at_once_and_a_new_one_restores_it()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        await using LockHandle handle = await new DistributedLock(client, Path).AcquireAsync();
        var restored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        handle.StateChanged += (_, e) =>
        {
            if (e is { Previous: LockState.Suspended, Current: LockState.Held })
                restored.TrySetResult();
        };
        proxy.Refuse();
        proxy.Cut();
        await handle.LostToken.WhenFiredAsync().WaitAsync(Patience);
        Assert.Equal(LockState.Suspended, handle.State);
        Assert.NotNull(await Other.ExistsAsync(handle.Path));
        proxy.Accept();
        await restored.Task.WaitAsync(Patience);
        Assert.True(handle.IsHeld);
        Assert.True(handle.LostToken.IsCancellationRequested);
    }

    [ContractFact]
    public async Task A_connection_that_falls_silent_suspends_a_lock_before_another_can_have_it()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString, o => o.SessionTimeout = TimeSpan.FromSeconds(6));
        await using LockHandle handle = await new DistributedLock(client, Path).AcquireAsync();
        Task<LockHandle> next = new DistributedLock(Other, Path).AcquireAsync();
        Task<LockState> whenNextHasIt = next.ContinueWith(_ => handle.State, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var before = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        handle.LostToken.Register(() => before.SetResult(!next.IsCompleted));
        proxy.Hold();
        Assert.True(await before.Task.WaitAsync(Patience));
        Assert.NotEqual(LockState.Held, handle.State);
        await using LockHandle after = await next.WaitAsync(Patience);
        Assert.NotEqual(LockState.Held, await whenNextHasIt);
        Assert.True(after.FencingToken > handle.FencingToken);
        await Eventually.TrueAsync(() => handle.State == LockState.Lost, "it is lost by the clock");
    }

    [ContractFact]
    public async Task A_lock_goes_with_its_session()
    {
        ZooKeeperClient client = await ConnectAsync();
        LockHandle handle = await new DistributedLock(client, Path).AcquireAsync();
        Task<LockHandle> next = new DistributedLock(Other, Path).AcquireAsync();
        await SessionFaults.ExpireAsync(client);
        await using LockHandle after = await next.WaitAsync(Patience);
        await Eventually.TrueAsync(() => handle.State == LockState.Lost, "the lock is lost");
        await handle.LostToken.WhenFiredAsync().WaitAsync(Patience);
        await handle.DisposeAsync();
        await Assert.ThrowsAsync<SessionExpiredException>(() => new DistributedLock(client, Path).AcquireAsync());
    }

    [ContractFact]
    public async Task A_lock_whose_znode_someone_deletes_is_lost_and_a_waiter_lines_up_again()
    {
        ZooKeeperClient client = await ConnectAsync();
        await using LockHandle handle = await new DistributedLock(client, Path).AcquireAsync();
        Task<LockHandle> wait = new DistributedLock(await ConnectAsync(), Path).AcquireAsync();
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count == 2, "it waits");
        string waiter = ContenderName.Sort((await Other.GetChildrenAsync(Path)).Children)[1].Name;
        await Other.DeleteAsync($"{Path}/{waiter}");
        await Other.DeleteAsync(handle.Path);
        await handle.LostToken.WhenFiredAsync().WaitAsync(Patience);
        Assert.Equal(LockState.Lost, handle.State);
        await using LockHandle next = await wait.WaitAsync(Patience);
        Assert.NotEqual($"{Path}/{waiter}", next.Path);
    }

    [ContractFact]
    public async Task Readers_share_and_a_writer_is_alone_in_the_order_they_came()
    {
        var rw = new DistributedReadWriteLock(await ConnectAsync(), Path);
        LockHandle one = await rw.ReadLock.AcquireAsync();
        LockHandle two = await rw.ReadLock.AcquireAsync().WaitAsync(Patience);
        Assert.Null(await rw.WriteLock.TryAcquireAsync(TimeSpan.Zero));
        Task<LockHandle> writer = rw.WriteLock.AcquireAsync();
        await Eventually.TrueAsync(async () => (await rw.GetParticipantsAsync()).Count(p => p.Kind == LockParticipantKind.Exclusive) == 1, "the writer waits");
        Task<LockHandle> late = rw.ReadLock.AcquireAsync();
        await Eventually.TrueAsync(async () => (await rw.GetParticipantsAsync()).Count == 4, "the late reader waits");
        Assert.Equal([true, true, false, false], (await rw.GetParticipantsAsync()).Select(p => p.IsHolder));
        await one.DisposeAsync();
        Assert.False(writer.IsCompleted);
        await two.DisposeAsync();
        LockHandle write = await writer.WaitAsync(Patience);
        Assert.Contains("__WRIT__", write.Path, StringComparison.Ordinal);
        Assert.False(late.IsCompleted);

        LockHandle read = await rw.DowngradeAsync(write);
        await using LockHandle lateHandle = await late.WaitAsync(Patience);
        Assert.True(read.IsHeld);
        Assert.Null(await rw.WriteLock.TryAcquireAsync(TimeSpan.Zero));
        await read.DisposeAsync();
    }

    [ContractFact]
    public async Task A_writer_that_stops_waiting_to_be_a_reader_has_one_of_the_two()
    {
        var rw = new DistributedReadWriteLock(Other, Path);
        LockHandle write = await rw.WriteLock.AcquireAsync();
        using var stop = new CancellationTokenSource();
        write.StateChanged += (_, _) => stop.Cancel();
        await using LockHandle read = await rw.DowngradeAsync(write, stop.Token);
        Assert.True(stop.IsCancellationRequested);
        Assert.True(read.IsHeld);
        Assert.Equal([read.Path], (await rw.GetParticipantsAsync()).Select(p => p.Path));
    }

    [ContractFact]
    public async Task No_more_leases_are_out_than_a_semaphore_has()
    {
        int holders = 0, most = 0;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            var semaphore = new DistributedSemaphore(await ConnectAsync(), Path, 2);
            for (int i = 0; i < 3; i++)
            {
                await using LockHandle lease = await semaphore.AcquireAsync().WaitAsync(Patience);
                int now = Interlocked.Increment(ref holders);
                InterlockedMax(ref most, now);
                await Task.Delay(5);
                Interlocked.Decrement(ref holders);
            }
        }));
        Assert.InRange(most, 1, 2);

        var own = new DistributedSemaphore(Other, Path, 2);
        IReadOnlyList<LockHandle> leases = await own.AcquireAsync(2);
        Assert.Null(await own.TryAcquireAsync(TimeSpan.Zero));
        Assert.Null(await own.TryAcquireAsync(TimeSpan.FromMilliseconds(50)));
        Task<LockHandle> third = own.AcquireAsync();
        await Eventually.TrueAsync(async () => (await own.GetParticipantsAsync()).Select(p => p.IsHolder).SequenceEqual([true, true, false]), "two hold and one waits");
        Assert.Matches("/leases/_c_.*-lease-[0-9]{10}$", leases[0].Path);
        await leases[0].DisposeAsync();
        await (await third.WaitAsync(Patience)).DisposeAsync();
        await leases[1].DisposeAsync();
    }

    [ContractFact]
    public async Task A_multi_lock_holds_all_or_none()
    {
        string[] paths = [$"{Root}/b", $"{Root}/a", $"{Root}/c"];
        var multi = new DistributedMultiLock(await ConnectAsync(), paths);
        LockHandle busy = await new DistributedLock(Other, $"{Root}/c").AcquireAsync();
        Assert.Null(await multi.TryAcquireAsync(TimeSpan.FromMilliseconds(100)));
        // Time may be over while the first is waited for; its znode then goes in the background.
        await Eventually.TrueAsync(async () => (await LockParticipants.ReadAsync(Other, $"{Root}/a")).Count == 0, "the first is given back");
        await busy.DisposeAsync();
        MultiLockHandle handle = await multi.AcquireAsync().WaitAsync(Patience);
        Assert.Equal([$"{Root}/a", $"{Root}/b", $"{Root}/c"], handle.Handles.Select(h => h.Lock.Path));
        Assert.True(handle.IsHeld);
        await Other.DeleteAsync(handle.Handles[1].Path);
        await handle.LostToken.WhenFiredAsync().WaitAsync(Patience);
        Assert.Equal(LockState.Lost, handle.State);
        await handle.DisposeAsync();
        Assert.Empty(await LockParticipants.ReadAsync(Other, $"{Root}/a"));
    }

    [ContractFact]
    public async Task Participants_tell_who_holds_and_who_waits()
    {
        ZooKeeperClient client = await ConnectAsync();
        await using LockHandle handle = await new DistributedLock(client, Path, new LockOptions { Data = Bytes("me") }).AcquireAsync();
        // As Curator and kazoo write them.
        await Other.CreateAsync($"{Path}/_c_11111111-2222-3333-4444-555555555555-lock-", Bytes("10.0.0.7"), CreateMode.EphemeralSequential);
        await Other.CreateAsync($"{Path}/0123456789abcdef0123456789abcdef__lock__", Bytes("worker"), CreateMode.EphemeralSequential);
        await Other.CreateAsync($"{Path}/note");
        IReadOnlyList<LockParticipant> all = await LockParticipants.ReadAsync(Other, Path);
        Assert.Equal(["me", "10.0.0.7", "worker"], all.Select(p => p.Owner));
        Assert.Equal([true, false, false], all.Select(p => p.IsHolder));
        Assert.Equal([client.SessionId, Other.SessionId, Other.SessionId], all.Select(p => p.SessionId));
        Assert.Equal(handle.FencingToken, all[0].FencingToken);
        Assert.InRange(all[0].Age, TimeSpan.Zero, Patience);
        Assert.Empty(await LockParticipants.ReadAsync(Other, $"{Root}/nothing"));
    }

    /// <summary>Starts something that creates, lets the server carry it out, and loses the answer.</summary>
    private async Task<Task<T>> LoseAnswerAsync<T>(FaultProxy proxy, Func<Task<T>> start)
    {
        proxy.Hold(ProxyDirection.ToClient);
        Task<T> started = start();
        await Eventually.TrueAsync(async () => (await Other.GetChildrenAsync(Path)).Children.Count > 0, "it was created");
        proxy.Cut();
        proxy.Release();
        return started;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
            seen = Interlocked.CompareExchange(ref target, value, seen) is var found && found == seen ? value : found;
    }

    /// <summary>How many sessions watch each contender's znode, as the server lists them.</summary>
    private async Task<Dictionary<string, int>> WatchersAsync()
    {
        string answer = await ApacheZooKeeper.FourLetterWordAsync(Fixture.Server.Port, "wchp");
        return Regex.Matches(answer, @"^(/\S+)((?:\r?\n\s+0x[0-9a-f]+)*)", RegexOptions.Multiline)
            .Where(match => match.Groups[1].Value.StartsWith(Path + "/", StringComparison.Ordinal))
            .ToDictionary(match => match.Groups[1].Value, match => Regex.Count(match.Groups[2].Value, "0x"));
    }
}
