using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Tests.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Road.Routing;

public sealed class RecordRouterTests
{
    private const int Records = 200;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Route_OfAShardThatAnotherProcessServes_ForwardsToItsOwner(bool together)
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(owners: owners);
        parts.ShowShards(2);
        var (here, there) = (parts.Topology.Current.Engines[0].Range, parts.Topology.Current.Engines[1].Range);
        parts.Shards.Open(here.ShardId, null);

        RouteAll(parts, together);

        Assert.All(owners.Forwarded, f => Assert.Equal(there.ShardId, f.Shard));
        Assert.NotEqual(0, parts.Topology.Current.Engines[0].Inspect().OpenBytes);
        Assert.Equal(Keys, TakeKeys(parts).Concat(owners.Forwarded.Select(f => f.Key)).Order());
    }

    [Fact]
    public void Route_AfterStop_EndsRecordsWithCodeShutdown()
    {
        using var parts = new StreamParts();
        parts.ShowShards(1);
        parts.Router.Stop();

        var result = parts.Route(1).Result;

        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Shutdown), (result.Status, result.ErrorCode));
        Assert.Equal("key-000001", result.Record!.Value.PartitionKey);
        Assert.Equal((0, 0), (parts.ProcessMemory.Bytes, parts.ProcessMemory.Records));
    }

    [Fact]
    public void RouteBack_OfARecordThatAnotherProcessAccepted_GivesItBackThere()
    {
        using var parts = new StreamParts(static o => o.ForStream(PipelineHarness.Stream, static s => s.Ordered = OrderedMode.PutRecords), new ProbeOwners());
        parts.ShowShards(1);
        var forwarded = new ProbeForwardedSink(new AcceptanceTerms(parts.Barrier.Enter(1), 0, long.MaxValue, Immediate: false));

        parts.Router.RouteBack(parts.Engine, StreamParts.Record(1, new MemberRef(forwarded, 5)));

        Assert.Equal([5], forwarded.GivenBack);
        Assert.Equal(0, parts.Barrier.Open);
    }

    private static IEnumerable<string> Keys => Enumerable.Range(0, Records).Select(i => $"key-{i:D6}");

    private static void RouteAll(StreamParts parts, bool together)
    {
        if (!together)
        {
            for (var i = 0; i < Records; i++)
                parts.Route(i);
            return;
        }

        var batch = new PreparedBatch();
        var records = Keys.Select(key => new UserRecord(key, "data"u8.ToArray())).ToArray();
        batch.Read(records, 0, long.MaxValue, new BatchOutcome(records.Length), hashesKeys: true);
        batch.Sink = parts.NewSink(records.Length);
        parts.Router.Route(batch);
    }

    /// <summary>Takes the records that the engines hold, each of which must lie in its engine's shard, and returns their keys.</summary>
    private static List<string> TakeKeys(StreamParts parts)
    {
        var keys = new List<string>();
        foreach (var engine in parts.Topology.Current.All)
        {
            foreach (var record in engine.TakeAll())
            {
                for (var reader = MemberReading.Open(record.Encoded); reader.MoveNext();)
                {
                    Assert.True(engine.Range.Contains(reader.Current.HashKey));
                    keys.Add(Encoding.UTF8.GetString(reader.Current.PartitionKey.Span));
                }
            }
        }

        return [.. keys.Order(StringComparer.Ordinal)];
    }
}
