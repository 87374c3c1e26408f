using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Accepting;

public sealed class MemoryLimitTests
{
    [Fact]
    public async Task ReserveAsync_ServesInTheOrderOfTheLine()
    {
        var room = new Room(100, 0);
        Assert.True(room.TryReserve(100, 1));
        var large = room.ReserveAsync(90, 1, default).AsTask();
        var small = room.ReserveAsync(10, 1, default).AsTask();

        room.Release(50, 0);
        Assert.False(small.IsCompleted, "who came later went first");
        room.Release(50, 1);

        await Task.WhenAll(large, small);
        Assert.Equal((100, 2), (room.Bytes, room.Records));
    }

    [Fact]
    public void TryReserve_WhileSomebodyStandsInLine_IsRefused()
    {
        var room = new Room(100, 0);
        Assert.True(room.TryReserve(60, 1));
        var waiting = room.ReserveAsync(60, 1, default);

        Assert.False(room.TryReserve(1, 1));
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task Cancelled_TheNextInLineIsServed()
    {
        var room = new Room(100, 0);
        Assert.True(room.TryReserve(60, 1));
        using var cancel = new CancellationTokenSource();
        var gone = room.ReserveAsync(60, 1, cancel.Token).AsTask();
        var next = room.ReserveAsync(40, 1, default).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await next;
        Assert.Equal((100, 2), (room.Bytes, room.Records));
        Assert.False(room.HasWaiters);
    }

    [Fact]
    public void TryReserve_MoreThanTheWholeRoom_OnlyAlone()
    {
        var room = new Room(100, 0);
        Assert.True(room.TryReserve(1, 1));
        Assert.False(room.TryReserve(500, 1));
        room.Release(1, 1);

        Assert.True(room.TryReserve(500, 1));
    }

    [Fact]
    public async Task Close_TurnsAwayTheLineAndAllWhoCome()
    {
        var room = new Room(100, 1);
        Assert.True(room.TryReserve(1, 1));
        var waiting = room.ReserveAsync(1, 1, default).AsTask();

        room.Close(new ObjectDisposedException("it"));

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => room.ReserveAsync(1, 1, default).AsTask());
    }

    [Fact]
    public async Task ManyAtOnce_NeverMoreThanTheRoomAndNobodyIsForgotten()
    {
        var room = new Room(1_000, 20);
        var inside = 0L;
        var most = 0L;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => OwnThread.Run(() =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 3_000; i++)
            {
                var bytes = random.Next(1, 400);
                room.ReserveAsync(bytes, 1, default).AsTask().Wait();
                InterlockedMax(ref most, Interlocked.Add(ref inside, bytes));
                if (random.Next(4) == 0)
                    Thread.Yield();
                Interlocked.Add(ref inside, -bytes);
                room.Release(bytes, 1);
            }
        })));

        Assert.True(most <= 1_000);
        Assert.Equal((0, 0), (room.Bytes, room.Records));
    }

    private static void InterlockedMax(ref long place, long value)
    {
        for (var seen = Volatile.Read(ref place); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref place, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
