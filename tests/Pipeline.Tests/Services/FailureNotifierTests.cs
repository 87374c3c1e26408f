using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Pipeline.Tests.Services;

public sealed class FailureNotifierTests
{
    private const int Mebibyte = 1 << 20;

    /// <summary>Ten thousand of them held up to 10 GB, which no limit counts any more.</summary>
    [Fact]
    public async Task LargeFailures_OfASlowHandler_WaitInSoManyBytesOnly()
    {
        const int Most = FailureNotifier.CapacityBytes / Mebibyte;
        var events = new RecordingEvents();
        var notifier = new FailureNotifier(events);
        var heard = new List<string>();
        using var mayGoOn = new ManualResetEventSlim();
        notifier.Handlers += failure =>
        {
            mayGoOn.Wait(TestContext.Current.CancellationToken);
            heard.Add(failure.Record.PartitionKey);
        };

        for (var i = 0; i < 100; i++)
            notifier.Tell("events", RecordResult.NotDelivered(RecordStatus.Failed, "x", "y", new UserRecord($"key-{i}", new byte[Mebibyte])));
        mayGoOn.Set();
        await notifier.CompleteAsync();

        Assert.Equal(Enumerable.Range(0, Most).Select(static i => $"key-{i}"), heard);
        Assert.Equal($"lost {100 - Most}", Assert.Single(events.Said));
    }

    /// <summary>What a handler has returned from counts no more.</summary>
    [Fact]
    public async Task LargeFailures_OfAQuickHandler_AreAllHeard()
    {
        var (events, heard, data) = (new RecordingEvents(), 0, new byte[Mebibyte]);
        var notifier = new FailureNotifier(events);
        notifier.Handlers += _ => heard++;

        for (var i = 0; i < 100; i++)
        {
            notifier.Tell("events", RecordResult.NotDelivered(RecordStatus.Failed, "x", "y", new UserRecord($"key-{i}", data)));
            await PipelineHarness.SettleAsync();
        }

        await notifier.CompleteAsync();
        Assert.Equal(100, heard);
        Assert.Empty(events.Said);
    }

    /// <summary>Two that came at the same instant took each other's place, and one of them heard nothing.</summary>
    [Fact]
    public async Task Handlers_ThatComeAtOnce_AllHear()
    {
        const int Each = 2_000;
        var heard = 0;
        var notifier = new FailureNotifier(new RecordingEvents());
        using var together = new Barrier(2);
        Thread[] threads = [new(Subscribe), new(Subscribe)];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();

        notifier.Tell("events", RecordResult.NotDelivered(RecordStatus.Failed, "x", "y", PipelineHarness.Record(0)));
        await notifier.CompleteAsync();

        Assert.Equal(2 * Each, heard);

        void Subscribe()
        {
            together.SignalAndWait();
            for (var i = 0; i < Each; i++)
                notifier.Handlers += _ => heard++;
        }
    }
}
