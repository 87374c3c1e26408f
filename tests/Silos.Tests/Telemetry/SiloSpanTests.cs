using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Telemetry;

/// <summary>Spans of puts through silos and through a client of theirs: a put is one trace, whichever silos send its records.</summary>
public sealed class SiloSpanTests : IDisposable
{
    private const int Shards = 8;

    private readonly ActivitySource _callers = new("caller");
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _spans = new();

    public SiloSpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == KplDiagnostics.ActivitySourceName || ReferenceEquals(s, _callers),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task Put_AtASilo_IsOneSpan_AndTheCallsOfAllSilosAreBelowIt()
    {
        await using var world = new NodeWorld(Shards);
        var (front, other) = (await world.StartAsync(), await world.StartAsync());
        var caller = await PutAsync(front.Node.Producer);

        var put = await PutOfAsync(caller);
        Assert.Contains(new KeyValuePair<string, object?>("messaging.batch.message_count", 200), put.TagObjects);
        await Waiting.UntilAsync(() => SentIn(caller) == 200);
        Assert.All(Of(caller, ActivityKind.Client), c => Assert.Equal((put.SpanId, put.SpanId), (c.ParentSpanId, Assert.Single(c.Links).Context.SpanId)));
        Assert.NotEqual(0, other.Node.Hosted.Count);
    }

    [Fact]
    public async Task Put_ThroughAClient_IsOneSpan_AndTheCallsOfAllSilosAreBelowIt()
    {
        await using var world = new NodeWorld(Shards);
        await world.StartAsync();
        await world.StartAsync();
        await using var client = new ClientPipeline(
            new KplOptions(), new WorldLanes(world, Task.CompletedTask), new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false),
            NullLogger.Instance, TimeProvider.System, Guid.NewGuid);
        var caller = await PutAsync(client);

        var put = await PutOfAsync(caller);
        Assert.Equal(ActivityStatusCode.Unset, put.Status);
        await Waiting.UntilAsync(() => SentIn(caller) == 200);
        Assert.All(Of(caller, ActivityKind.Client), c => Assert.Equal((put.SpanId, put.SpanId), (c.ParentSpanId, Assert.Single(c.Links).Context.SpanId)));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _callers.Dispose();
    }

    private async Task<Activity> PutAsync(IKplProducer producer)
    {
        using var caller = _callers.StartActivity("caller")!;
        UserRecord[] records = [.. Enumerable.Range(0, 200).Select(static i => new UserRecord($"key-{i}", new byte[10]))];
        var results = await producer.PutAsync(NodeWorld.Stream, records).AsTask().WaitAsync(Waiting.Long);
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        return caller;
    }

    /// <summary>The user records in calls of a trace; a call's span ends a moment after its outcomes are known.</summary>
    private long SentIn(Activity caller) =>
        Of(caller, ActivityKind.Client).Sum(static c => (long)c.GetTagItem("messaging.batch.message_count")!);

    /// <summary>The span of the put below a caller's; it ends with the last outcome, which the caller may have a moment earlier.</summary>
    private async Task<Activity> PutOfAsync(Activity caller)
    {
        await Waiting.UntilAsync(() => Of(caller, ActivityKind.Producer).Count > 0);
        var put = Assert.Single(Of(caller, ActivityKind.Producer));
        Assert.Equal(($"put {NodeWorld.Stream}", caller.SpanId), (put.DisplayName, put.ParentSpanId));
        return put;
    }

    private List<Activity> Of(Activity caller, ActivityKind kind) =>
        [.. _spans.Where(s => s.Source.Name == KplDiagnostics.ActivitySourceName && s.TraceId == caller.TraceId && s.Kind == kind)];
}
