using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Apart;

public sealed class StreamSummaryApplierTests
{
    [Fact]
    public void Apply_OfALowerLimit_EndsRecordsThatAreTooLargeAndTakesLargerAggregatesApart()
    {
        using var parts = new StreamParts(o => (o.MaxUserRecordSize, o.AggregationMaxSize) = (10 << 20, 4 << 20));
        var applier = new StreamSummaryApplier(parts.Settings, parts.Topology, parts.Follower, parts.Map, parts.Completer, parts.Rerouter);
        applier.Apply(Summary(4_096));
        Assert.Equal(4 << 20, parts.Settings.StreamRecordBytes);
        parts.ShowShards(1);
        parts.Engine.Pause();
        ProbeSink[] small = [.. Enumerable.Range(0, 3).Select(i => Route(parts, i, 700_000))];
        var large = Route(parts, 3, 3 << 20);

        applier.Apply(Summary(1_024));

        Assert.Equal(1 << 20, parts.Settings.StreamRecordBytes);
        Assert.Equal(RecordErrorCodes.RecordTooLarge, large.Result.ErrorCode);
        Assert.All(small, s => Assert.Empty(s.Results));
        var held = parts.Engine.TakeAll();
        Assert.Equal(3, held.Sum(r => r.Members.Length));
        Assert.All(held, r => Assert.InRange(r.Size, 1, 1 << 20));
    }

    private static StreamSummary Summary(int kibibytes) => new("arn", "ACTIVE", DateTimeOffset.UnixEpoch, kibibytes, false);

    private static ProbeSink Route(StreamParts parts, int number, int bytes)
    {
        var sink = parts.NewSink();
        var key = Encoding.UTF8.GetBytes($"key-{number:D6}");
        parts.Router.Route(new IncomingRecord
        {
            PartitionKey = key, HashKey = HashKey.OfPartitionKey(key), HasExplicitHashKey = false, Data = new byte[bytes], Member = new MemberRef(sink, 0),
        });
        return sink;
    }
}
