using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Pipeline.Tests.Services;

public sealed class FailureNotifierTests
{
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
