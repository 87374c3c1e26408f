using System.Diagnostics;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Tracing;
using Orleans.Kpl.Pipeline.Tracing.Calls;

namespace Orleans.Kpl.Pipeline.Tests.Tracing;

/// <summary>A put has a span until its outcome, calls are linked to it, and no record has a byte of it; nobody listening, nothing is allocated.</summary>
public sealed class PutSpanTests
{
    [Fact]
    public async Task Put_OfATracedCaller_HasASpanUntilItsOutcome_AndTheCallIsLinkedToIt()
    {
        await using var traced = new TracedProducer();
        RecordResult result;
        using (var caller = traced.StartCaller())
        {
            var delivery = await traced.Harness.EnqueueAsync(PipelineHarness.Record(1));
            Assert.Same(caller, Activity.Current);
            Assert.Empty(traced.Spans);
            result = await traced.Harness.DriveAsync(delivery);
            var put = Assert.Single(traced.Puts);
            Assert.Equal((caller.SpanId, caller.TraceId, "put events"), (put.ParentSpanId, put.TraceId, put.DisplayName));
            Assert.Equal(
                [
                    "messaging.system=aws_kinesis", "messaging.operation.type=create", "messaging.operation.name=put", "messaging.destination.name=events",
                    $"messaging.destination.partition.id={result.ShardId}", $"messaging.message.id={result.SequenceNumber}",
                ],
                Tags(put));
            Assert.Equal(ActivityStatusCode.Unset, put.Status);
        }

        var call = Assert.Single(traced.Calls);
        Assert.Equal(("PutRecords events", traced.Puts[0].SpanId), (call.DisplayName, call.ParentSpanId));
        Assert.Equal(traced.Puts[0].Context, Assert.Single(call.Links).Context);
        Assert.Equal(
            [
                "messaging.system=aws_kinesis", "messaging.operation.type=send", "messaging.operation.name=PutRecords", "messaging.destination.name=events",
                "messaging.batch.message_count=1", "kpl.kinesis_records=1",
            ],
            Tags(call));
    }

    /// <summary>A batch is one put, whatever became of its records; and nothing of a trace is in what Kinesis gets.</summary>
    [Fact]
    public async Task Batch_OfATracedCaller_IsOneSpan_AndItsRecordsAreAsTheyWerePut()
    {
        await using var traced = new TracedProducer(shards: 4, o => o.AggregationEnabled = false);
        traced.Harness.Kinesis.Refuse = static (entry, _) =>
            entry.Data.Span.StartsWith("data-7-"u8) ? new(null, null, "ValidationException", "never") : null;
        using var caller = traced.StartCaller();
        var batch = await traced.Harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(20));
        await traced.Harness.DriveAsync(batch.Delivery);

        var put = Assert.Single(traced.Puts);
        Assert.Contains("messaging.batch.message_count=20", Tags(put));
        Assert.Contains("error.type=ValidationException", Tags(put));
        Assert.Equal((ActivityStatusCode.Error, "1 records did not succeed"), (put.Status, put.StatusDescription));
        Assert.All(traced.Calls, c => Assert.Equal(put.Context, Assert.Single(c.Links).Context));
        Assert.Equal(19, traced.Harness.Kinesis.Records.Count);
        Assert.All(traced.Harness.Kinesis.Records, static r => Assert.Matches("^data-[0-9]+-x*$", r.Data));
    }

    [Fact]
    public async Task Call_WithRecordsOfManyPuts_IsLinkedTo128OfThemAtMost()
    {
        await using var traced = new TracedProducer();
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 200; i++)
        {
            using var caller = traced.StartCaller();
            deliveries.Add(await traced.Harness.EnqueueAsync(PipelineHarness.Record(i)));
        }

        await traced.Harness.DriveAsync(Task.WhenAll(deliveries));
        var call = Assert.Single(traced.Calls);
        Assert.Equal(TracedCallWriter.MostLinks, call.Links.Select(static l => l.Context.SpanId).Distinct().Count());
        Assert.Equal(200, traced.Puts.Count);
        Assert.Contains("messaging.batch.message_count=200", Tags(call));
    }

    [Fact]
    public async Task EachAttempt_HasASpan_AndTheFailedOneSaysWhy()
    {
        await using var traced = new TracedProducer();
        var calls = 0;
        traced.Harness.Kinesis.BeforePut = (_, _) => calls++ == 0
            ? throw new KinesisException(KinesisFailureKind.Refused, "ServiceUnavailable", "come again", 503) : ValueTask.CompletedTask;
        using var caller = traced.StartCaller();
        await traced.Harness.DriveAsync(await traced.Harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.Equal(2, traced.Calls.Count);
        Assert.Contains("error.type=ServiceUnavailable", Tags(traced.Calls[0]));
        Assert.Equal((ActivityStatusCode.Error, ActivityStatusCode.Unset), (traced.Calls[0].Status, traced.Calls[1].Status));
        Assert.Equal(ActivityStatusCode.Unset, Assert.Single(traced.Puts).Status);
    }

    /// <summary>The span told nothing of a record whose answer said neither that it was taken nor why not.</summary>
    [Fact]
    public async Task Call_WhoseAnswerIsIncomplete_TellsSo()
    {
        await using var traced = new TracedProducer();
        var calls = 0;
        traced.Harness.Kinesis.Refuse = (_, shard) => calls++ == 0 ? new(shard.ShardId, null, null, null) : null;
        using var caller = traced.StartCaller();
        await traced.Harness.DriveAsync(await traced.Harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Unset], traced.Calls.Select(static c => c.Status));
        Assert.Contains("error.type=InvalidAnswer", Tags(traced.Calls[0]));
    }

    [Theory]
    [InlineData(true, ActivitySamplingResult.AllData)]
    [InlineData(false, ActivitySamplingResult.AllDataAndRecorded)]
    public async Task Put_OfACallerWhoIsNotRecorded_HasNoSpan(bool hasCaller, ActivitySamplingResult sampling)
    {
        await using var traced = new TracedProducer(sampling: sampling);
        using var caller = hasCaller ? traced.StartCaller() : null;
        await traced.Harness.DriveAsync(await traced.Harness.EnqueueAsync(PipelineHarness.Record(1)));
        Assert.Empty(traced.Spans);
    }

    [Fact]
    public async Task Put_WhoseCallerAsksForAcceptanceAlone_EndsAtOnce_AndTheCallIsStillLinked()
    {
        await using var traced = new TracedProducer();
        using var caller = traced.StartCaller();
        await traced.Harness.EnqueueAsync(PipelineHarness.Record(1), new PutOptions { AckLevel = AckLevel.Accepted });
        var put = Assert.Single(traced.Puts);
        await traced.Harness.DriveAsync(traced.Harness.Producer.FlushAsync());
        Assert.Equal(put.Context, Assert.Single(Assert.Single(traced.Calls).Links).Context);
    }

    [Fact]
    public async Task Put_ThatIsRefused_EndsItsSpanWithTheReason()
    {
        await using var traced = new TracedProducer();
        using var caller = traced.StartCaller();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => traced.Harness.EnqueueAsync(new UserRecord("", new byte[1])));
        Assert.Equal(ActivityStatusCode.Error, Assert.Single(traced.Puts).Status);
        Assert.Same(caller, Activity.Current);
    }

    [Fact]
    public void WhereNobodyListens_NothingIsAllocated()
    {
        var writer = new TracedCallWriter(new StubWriter(), "s", "PutRecords", Listening.Throws);
        var call = new PutRecordsCall(null!, []);
        Act(1_000);
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedBy(() => Act(10_000))).ToArray());

        void Act(int times)
        {
            for (var i = 0; i < times; i++)
            {
                if (PutSpan.IsWanted || PutSpan.Current is not null || !writer.WriteAsync(call, default, default).IsCompleted)
                    throw new InvalidOperationException("somebody listens");
            }
        }

        static long AllocatedBy(Action action)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static string[] Tags(Activity span) => [.. span.TagObjects.Select(static t => $"{t.Key}={t.Value}")];

    private sealed class StubWriter : ICallWriter
    {
        public ValueTask<PutRecordsReply> WriteAsync(
            PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) => default;
    }
}
