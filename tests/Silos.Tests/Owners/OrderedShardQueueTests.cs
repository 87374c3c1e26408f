using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
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
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Between the retirement of the engine and the end of its queue a record comes. The engine stood in for a map, and has no shard: its owner was sought,
    /// and a silo began to serve a shard without a name.
    /// </summary>
    [Fact]
    public async Task WhatComes_WhenAMapTakesThePlaceOfNone_SeeksNoOwner()
    {
        var time = new FakeTimeProvider();
        using var log = new PipelineLog(NullLogger.Instance, time, logKeys: false);
        var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) };
        options.ForStream("events", s => s.Ordered = OrderedMode.PutRecords);
        var context = new OwnersContext(
            new OneOwnerCluster { IsSilent = true }, null!, new LiveSilos(new FakeMembership(), time), new HostedShards(), new LinkMemory(),
            NullLogger.Instance);
        OrderedOwners? owners = null;
        var producer = new ProducerPipeline(
            options, new FakeKinesis(shards: 1), log, time, new Random(1), s => owners = (OrderedOwners)StreamOwners.Create(s, context));
        var stream = producer.GetStream("events");
        using var meter = new Meter("none");
        var engine = new ShardEngine(
            new EngineServices(
                null!, new PipelineSettings(options.GetStream("events"), LoadSettings.Default), stream.Clock, stream.Timers,
                id => new ShardMeter(meter, "events", id)),
            new ShardRange("", UInt128.MinValue, UInt128.MaxValue), EngineKind.AwaitingMap);
        var queue = (OrderedShardQueue)owners!.NewQueue(engine);
        engine.Succession!.StepDown();
        var sink = new SingleOutcome(new AcceptanceTerms(new FlushGeneration(), stream.Clock.Now, long.MaxValue, Immediate: false));
        Assert.True(queue.TryAdd(new IncomingRecord
        {
            PartitionKey = "key"u8, HashKey = 1, HasExplicitHashKey = false, Data = [1], Member = new MemberRef(sink, 0),
        }));
        await PassAsync(time, producer.DisposeAsync().AsTask());
        queue.Close();
        queue.PassOn();

        Assert.Equal(RecordErrorCodes.Shutdown, (await sink.Delivery).ErrorCode);
        Assert.True(queue.IsAtRest);
    }

    private static Task PassAsync(FakeTimeProvider time, Task until) => Waiting.UntilAsync(() =>
    {
        Assert.True(time.GetTimestamp() < TimeSpan.TicksPerMinute, "it does not end");
        if (!until.IsCompleted)
            time.Advance(Step);
        return until.IsCompleted;
    });
}
