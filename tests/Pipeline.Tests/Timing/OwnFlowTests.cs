using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Tests.Backlog;

namespace Orleans.Kpl.Pipeline.Tests.Timing;

/// <summary>A put may begin what goes on for all callers: reading the shard map, the stream's limits, whose stream an ARN names.</summary>
public sealed class OwnFlowTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

    private static readonly AsyncLocal<string?> Caller = new();

    private readonly ConcurrentQueue<(string Call, string? Caller)> _calls = [];

    [Fact]
    public async Task Calls_ThatAPutBegins_AreNotInTheFlowOfItsCaller()
    {
        await using var harness = new PipelineHarness(1);
        harness.Kinesis.BeforeList = _ => Note("list");
        harness.Kinesis.BeforeSummary = _ => Note("summary");
        harness.Kinesis.BeforePut = (_, _) => Note("put");

        Caller.Value = "the first";
        await harness.DriveAsync(harness.Producer.PutAsync(Arn, PipelineHarness.Record(1)).AsTask());
        Assert.Equal(1, Count("summary"));
        harness.Time.Advance(TimeSpan.FromSeconds(91));
        Caller.Value = "who finds the map old";
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(2)).AsTask());
        var summaries = Count("summary");
        Caller.Value = "who puts what may be too large";
        var large = new UserRecord("key", new byte[2 << 20]);
        await Assert.ThrowsAsync<RecordValidationException>(() => harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, large).AsTask()));
        Caller.Value = null;

        Assert.True(Count("list") > 1);
        Assert.Equal(summaries + 1, Count("summary"));
        Assert.All(_calls, static c => Assert.Null(c.Caller));
    }

    /// <summary>What opened the backlog, and asked again while its store was away, was in the span of the first put to be persisted.</summary>
    [Fact]
    public async Task Calls_OfTheBacklogThatAPutOpens_AreNotInTheFlowOfItsCaller()
    {
        await using var harness = new BacklogHarness();
        await harness.OpenAsync();
        harness.Store.Before = (_, _) => Note("store").AsTask();
        Caller.Value = "who asks that it is persisted";
        var putting = harness.PersistAsync(PipelineHarness.Record(1));
        Caller.Value = null;
        Assert.Equal(RecordStatus.Persisted, (await putting).Status);
        await harness.EndAllAsync();

        Assert.True(Count("store") > 1);
        Assert.All(_calls, static c => Assert.Null(c.Caller));
    }

    private int Count(string call) => _calls.Count(c => c.Call == call);

    private ValueTask Note(string call)
    {
        _calls.Enqueue((call, Caller.Value));
        return default;
    }
}
