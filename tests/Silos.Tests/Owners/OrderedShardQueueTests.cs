using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;
using Orleans.Kpl.Silos.Tests.Membership;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>Records of an ordered stream that wait at their front.</summary>
public sealed class OrderedShardQueueTests
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>Nobody answers whose the shard is, not even with an error.</summary>
    [Fact]
    public async Task WhatWaits_WhileNothingAnswers_ExpiresAtItsTimeToLive()
    {
        var time = new FakeTimeProvider();
        using var log = new PipelineLog(NullLogger.Instance, time, logKeys: false);
        var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) };
        options.ForStream("events", s => s.Ordered = OrderedMode.PutRecords);
        var context = new OwnersContext(
            new SilentDirectory(), null!, new LiveSilos(new FakeMembership(), time), new HostedShards(), new LinkMemory(), NullLogger.Instance);
        var producer = new ProducerPipeline(options, new FakeKinesis(shards: 1), log, time, new Random(1), s => StreamOwners.Create(s, context));
        var put = producer.PutAsync("events", new UserRecord("key", new byte[1]), new PutOptions { TimeToLive = TimeToLive }).AsTask();
        var later = producer.PutAsync("events", new UserRecord("key", new byte[1]), new PutOptions { TimeToLive = 2 * TimeToLive }).AsTask();
        await PassAsync(time, put);
        Assert.InRange(time.GetTimestamp(), TimeToLive.Ticks, (TimeToLive + 3 * Step).Ticks);
        Assert.False(later.IsCompleted);
        await PassAsync(time, later);
        Assert.InRange(time.GetTimestamp(), 2 * TimeToLive.Ticks, (2 * TimeToLive + 3 * Step).Ticks);

        Assert.All([await put, await later], r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (r.Status, r.ErrorCode)));
        await PassAsync(time, producer.DisposeAsync().AsTask());
    }

    private static Task PassAsync(FakeTimeProvider time, Task until) => Waiting.UntilAsync(() =>
    {
        Assert.True(time.GetTimestamp() < TimeSpan.TicksPerMinute, "it does not end");
        if (!until.IsCompleted)
            time.Advance(Step);
        return until.IsCompleted;
    });

    /// <summary>Its calls stay without an answer.</summary>
    private sealed class SilentDirectory : IShardDirectory
    {
        public Task<ShardAnswer> LocateAsync(ShardKey shard) => new TaskCompletionSource<ShardAnswer>().Task;

        public Task MoveAsync(ShardKey shard, SiloId target) => new TaskCompletionSource().Task;
    }
}
