using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>Changes of capacity by an embedded producer, at an endpoint with AWS's limits and refusals.</summary>
/// <remarks>Tests <see cref="CapacityAdministrator"/>.</remarks>
public sealed class EmbeddedCapacityTests
{
    private const string Stream = LocalKinesis.Stream;

    [Fact]
    public async Task ModeAndWarmThroughput_AreChanged_AndToldByTheHistory()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 2);
        Assert.True((await harness.Admin.ChangeCapacityAsync(Stream, new() { OnDemand = true })).IsMade);
        await Waiting.UntilAsync(() => harness.Endpoint.Get(Stream).Status == StreamStatus.Active);

        var refused = await Assert.ThrowsAsync<StreamManagerException>(() => harness.Admin.ChangeCapacityAsync(Stream, new() { WarmMiBPerSecond = 8 }));
        Assert.Equal(StreamManagerErrorCodes.InvalidChange, refused.Code);
        await harness.Kinesis.CallAsync("UpdateAccountSettings", """{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}""");
        await harness.Admin.ChangeCapacityAsync(Stream, new() { WarmMiBPerSecond = 8, For = TimeSpan.FromHours(1) });

        var now = await harness.Admin.GetCapacityAsync(Stream);
        Assert.Equal((true, 8, 0, "ENABLED"), (now.OnDemand, now.WarmMiBPerSecond, now.WarmAfterwardsMiBPerSecond, now.BillingCommitment));
        Assert.NotNull(now.WarmUntil);
        Assert.Equal(2, (await harness.Admin.GetHistoryAsync(Stream)).Count);
    }

    /// <summary>The answer promised an end that nobody remembered when the process was killed.</summary>
    [Fact]
    public async Task WarmForAWhile_OfAProcessByItself_SaysThatItEndsWithTheProcess()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 2);
        await using var producer = kinesis.Producer();
        await MakeOnDemandAsync(kinesis, producer);

        var forAWhile = await producer.Admin.ChangeCapacityAsync(Stream, new() { WarmMiBPerSecond = 8, For = TimeSpan.FromHours(1), DryRun = true });
        var forEver = await producer.Admin.ChangeCapacityAsync(Stream, new() { WarmMiBPerSecond = 8, DryRun = true });

        Assert.Equal("Only the process that manages the stream knows of that, in its memory: if it ends before then, nobody sets it back.", forAWhile.Notes[^1]);
        Assert.Single(forEver.Notes);
    }

    /// <summary>While an intent was in force, the note of its end stood at every change, and made a call of one that is so already.</summary>
    [Fact]
    public async Task AnotherChange_WhileWarmThroughputHasAnEnd_SaysNothingOfIt()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 2);
        await using var producer = kinesis.Producer();
        await MakeOnDemandAsync(kinesis, producer);
        await producer.Admin.ChangeCapacityAsync(Stream, new() { WarmMiBPerSecond = 8, For = TimeSpan.FromHours(1) });
        await Waiting.UntilAsync(() => kinesis.Server.Kinesis.Get(Stream).Status == StreamStatus.Active);

        var isSo = await producer.Admin.ChangeCapacityAsync(Stream, new() { OnDemand = true });
        var larger = await producer.Admin.ChangeCapacityAsync(Stream, new() { MaxRecordKiB = 2_048, DryRun = true });

        Assert.Equal((false, 0), (isSo.IsMade, isSo.Notes.Count));
        Assert.DoesNotContain(larger.Notes, static n => n.Contains("Only the process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Load_BeforeAMinuteHasPassed_TellsTheStreamAndNoHour()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 2);
        var load = await harness.Admin.GetLoadAsync(Stream);
        Assert.Equal((Stream, 2, false, 0), (load.Stream, load.OpenShards, load.OnDemand, load.Hours.Count));
        Assert.Contains(":kinesis:", load.Arn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mode_SwitchedThreeTimesInADay_IsRefusedByKinesis()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 1, configure: static o => o.EnforceCallLimits = true);
        foreach (var onDemand in (bool[])[true, false])
        {
            await harness.Admin.ChangeCapacityAsync(Stream, new() { OnDemand = onDemand });
            await Waiting.UntilAsync(() => harness.Endpoint.Get(Stream).Status == StreamStatus.Active);
        }

        var error = await Assert.ThrowsAsync<StreamManagerException>(() => harness.Admin.ChangeCapacityAsync(Stream, new() { OnDemand = true }));
        Assert.Equal("LimitExceededException", error.Code);
        Assert.Equal(2, (await harness.Admin.GetHistoryAsync(Stream)).Count);
    }

    [Fact]
    public async Task Change_WhileShardsAreChanged_IsRefused()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 2, ReshardHarness.NotBeforeARecord);
        await harness.Admin.SetShardCountAsync(Stream, 4);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => harness.Admin.ChangeCapacityAsync(Stream, new() { MaxRecordKiB = 2_048 }));
        Assert.Equal(StreamManagerErrorCodes.OperationRunning, error.Code);
    }

    /// <summary>Makes the stream on-demand, of an account with the billing commitment: such a one has warm throughput.</summary>
    private static async Task MakeOnDemandAsync(LocalKinesis kinesis, KplProducer producer)
    {
        await producer.Admin.ChangeCapacityAsync(Stream, new() { OnDemand = true });
        await Waiting.UntilAsync(() => kinesis.Server.Kinesis.Get(Stream).Status == StreamStatus.Active);
        await kinesis.CallAsync("UpdateAccountSettings", """{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}""");
    }
}
