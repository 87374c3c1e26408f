using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>A put is one trace over the cluster, as it is over Orleans' own messages: from the client's call to each silo's call of Kinesis.</summary>
/// <remarks>Tests <see cref="Orleans.Kpl.Grains.Links.FrameTraces"/> too.</remarks>
public sealed class TierTraceTests : IDisposable
{
    private const int Records = 200;

    /// <summary>Where the spans of our grains' calls come from: Orleans takes interfaces below its own namespace for its own.</summary>
    private const string OfOrleans = "Microsoft.Orleans.Runtime";

    private readonly ActivitySource _callers = new("caller");
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _spans = new();

    public TierTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = s =>
                s.Name is KplDiagnostics.ActivitySourceName or OfOrleans || ReferenceEquals(s, _callers),
            Sample = static (ref ActivityCreationOptions<ActivityContext> o) =>
                o.Parent != default || o.Source.Name == "caller" ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task Put_ByACallOfTheGrain_IsOneTrace_FromTheClientToTheCallsOfAllSilos()
    {
        await using var tier = await Tier.StartAsync(
            silos: 3, shards: 12, also: static s => s.AddActivityPropagation(), client: static c => c.AddActivityPropagation());
        using var caller = _callers.StartActivity("caller")!;
        var results = await tier.Producer.PutRecords(new RecordBatch(Tier.Records(Records)));
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));

        var calls = await CallsAsync(caller);
        var put = Assert.Single(Of(caller), static s => s.Kind == ActivityKind.Producer);
        Assert.All(calls, c => Assert.Equal(put.SpanId, c.ParentSpanId));
        Assert.True(tier.HostedShards().Count(static n => n > 0) > 1);
        // Above the put is the call as the silo sees it, above that the client's, and above that the caller.
        var (atSilo, atClient) = (Find(caller, put.ParentSpanId), Find(caller, Find(caller, put.ParentSpanId).ParentSpanId));
        Assert.Equal((ActivityKind.Server, ActivityKind.Client, caller.SpanId), (atSilo.Kind, atClient.Kind, atClient.ParentSpanId));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _callers.Dispose();
    }

    /// <summary>The calls of Kinesis with all records; their spans end a moment after the outcomes are known.</summary>
    private async Task<List<Activity>> CallsAsync(Activity caller)
    {
        await Waiting.UntilAsync(() => Calls().Sum(static c => (long)c.GetTagItem("messaging.batch.message_count")!) == Records);
        return Calls();

        List<Activity> Calls() => [.. Of(caller).Where(static s => s.Kind == ActivityKind.Client && s.Source.Name == KplDiagnostics.ActivitySourceName)];
    }

    private Activity Find(Activity caller, ActivitySpanId span) => Of(caller).Single(s => s.SpanId == span);

    private List<Activity> Of(Activity caller) => [.. _spans.Where(s => s.TraceId == caller.TraceId)];
}
