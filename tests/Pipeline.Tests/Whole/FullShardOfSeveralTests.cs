using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Testing;
using static Orleans.Kpl.Pipeline.Tests.Simulation.FullShard;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Identities that share a full shard: none waits behind all that another one has put. Rates are a tenth of Kinesis'.</summary>
/// <remarks>Tests <see cref="StreamHorizon"/> and <see cref="ShardHorizon"/>.</remarks>
public sealed class FullShardOfSeveralTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>Fifteen seconds' worth of the heavy one would go first, of what it put before the light one came too.</summary>
    [Fact]
    public async Task ALightIdentity_BesideOneThatFillsItsShard_IsDeliveredSoon()
    {
        await using var harness = new PipelineHarness(shards: 2, Tenth);
        var (stop, heavy) = (false, 0);
        var callers = Enumerable.Range(0, 40).Select(_ => FillAsync()).ToArray();
        var latencies = new List<TimeSpan>();
        for (var second = 0; second < 40; second++)
        {
            var light = harness.Producer.PutAsync(PipelineHarness.Stream, Of(Lower), new PutOptions { Identity = "light" }).AsTask();
            var began = harness.Time.GetTimestamp();
            for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(1) || !light.IsCompleted; passed += Step)
            {
                await PipelineHarness.SettleAsync();
                if (light.IsCompleted && latencies.Count == second)
                    latencies.Add(harness.Time.GetElapsedTime(began));
                harness.Time.Advance(Step);
            }

            Assert.True((await light).IsSuccess);
        }

        var seconds = harness.Time.GetElapsedTime(0).TotalSeconds;
        output.WriteLine($"light: {latencies.Max().TotalSeconds} s at most; heavy: {heavy * (double)Size / seconds:N0} bytes/s in {seconds} s");
        Assert.InRange(latencies.Max(), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        // The shard is busy all the time: the heavy one has what the light one leaves.
        Assert.InRange(heavy * (double)Size / seconds, 0.85 * 104_857, double.MaxValue);
        stop = true;
        await harness.DriveAsync(Task.WhenAll(callers), 50);

        async Task FillAsync()
        {
            var records = Enumerable.Repeat(Of(Lower), 10).ToArray();
            while (!stop)
            {
                foreach (var result in await harness.Producer.PutAsync(PipelineHarness.Stream, records, new PutOptions { Identity = "heavy" }))
                    Interlocked.Add(ref heavy, result.IsSuccess ? 1 : 0);
            }
        }
    }

    /// <summary>What was let in when nobody else was there would be sent before another's.</summary>
    [Fact]
    public void AStream_CountsAsShared_FromTheFirstIdentityOn()
    {
        var horizon = new StreamHorizon(TimeSpan.TicksPerMinute, static () => 0);
        horizon.Note(null);
        Assert.False(horizon.IsShared);
        horizon.Note("one");
        horizon.Note(null);
        Assert.True(horizon.IsShared);
    }
}
