using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>A drain that is a part of a longer stop.</summary>
public sealed class LimitedDrainTests
{
    [Fact]
    public async Task Dispose_WhereTheStopHasNothingLeft_EndsRecordsAtOnce()
    {
        var harness = new PipelineHarness(configure: static o => o.DrainTimeout = TimeSpan.FromHours(1));
        harness.Kinesis.BeforePut = static async (_, ct) => await Task.Delay(Timeout.Infinite, ct);
        var delivery = await harness.EnqueueAsync(PipelineHarness.Record(1, 100));
        harness.Producer.LimitDrainTo(static () => TimeSpan.Zero);
        var before = harness.Time.GetTimestamp();

        await harness.DisposeAsync();

        Assert.Equal(RecordErrorCodes.Shutdown, (await delivery).ErrorCode);
        Assert.True(harness.Time.GetElapsedTime(before) < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Dispose_WhereTheStopHasMoreLeft_KeepsDrainTimeout()
    {
        var harness = new PipelineHarness(configure: static o => o.DrainTimeout = TimeSpan.FromSeconds(2));
        harness.Kinesis.BeforePut = static async (_, ct) => await Task.Delay(Timeout.Infinite, ct);
        var delivery = await harness.EnqueueAsync(PipelineHarness.Record(1, 100));
        harness.Producer.LimitDrainTo(static () => TimeSpan.FromHours(1));
        var before = harness.Time.GetTimestamp();

        await harness.DisposeAsync();

        Assert.Equal(RecordErrorCodes.Shutdown, (await delivery).ErrorCode);
        Assert.True(harness.Time.GetElapsedTime(before) < TimeSpan.FromMinutes(1));
    }
}
