using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Apart;

public sealed class RerouterTests
{
    private static readonly Attempt Refused =
        new() { StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch, ErrorCode = "InternalFailure", ErrorMessage = "broken" };

    /// <summary>The members before the one that threw had been routed anew; all of them were failed once more, or those behind it never ended.</summary>
    [Fact]
    public void Reroute_WhereRoutingAMemberThrows_EndsThatOneAlone()
    {
        using var parts = new StreamParts();
        parts.ShowShards(1);
        ProbeSink[] sinks = [.. Enumerable.Range(0, 3).Select(i => parts.Route(i))];
        var record = parts.Engine.TakeAll().Single();
        var router = new RouterThatThrows(parts, sinks[1]);
        var rerouter = new Rerouter(
            parts.Settings, parts.Topology, parts.Map, router, parts.Completer, parts.Telemetry, parts.Clock, static () => null);

        rerouter.Reroute(record);

        Assert.Equal("a defect", sinks[1].Result.ErrorMessage);
        Assert.Equal(2, parts.Engine.TakeAll().Single().Members.Length);
        Assert.Single(parts.Events.Defects);
        parts.Events.Defects.Clear();
    }

    /// <summary>Its engine had let go of it and of those behind it: none of them ended.</summary>
    [Fact]
    public void Reroute_WhereWhatIsAskedForItsEndThrows_EndsItAndThoseBehindIt()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        ProbeSink[] sinks = [.. Enumerable.Range(0, 20).Select(i => parts.Route(i, ttlSeconds: 1))];
        var rerouter = new Rerouter(parts.Settings, parts.Topology, parts.Map, parts.Router, parts.Completer, parts.Telemetry, parts.Clock,
            static () => throw new InvalidOperationException("a defect"));
        var records = parts.TakeCall().Records;
        parts.Time.Advance(TimeSpan.FromSeconds(2));

        records.ForEach(rerouter.Reroute);

        Assert.Equal(2, records.Count);
        Assert.All(sinks, static s => Assert.Equal((RecordStatus.Failed, "a defect"), (s.Result.Status, s.Result.ErrorMessage)));
        Assert.Equal((sinks.Length, 0), (parts.Ledger.Read().Failed, parts.ProcessMemory.Bytes));
        Assert.Equal(2, parts.Events.Defects.Count);
        parts.Events.Defects.Clear();
    }

    [Fact]
    public void Reroute_OfMembersThatWereNotSentForWantOfALease_SendsThemAgain()
    {
        using var parts = new StreamParts(o => o.MaxAttempts = 2);
        parts.ShowShards(1);
        var sink = parts.Route(1);
        var record = parts.Engine.TakeAll().Single();
        var notMade = new Attempt { ErrorCode = RecordErrorCodes.LeaseLost };
        record.Attempts = new AttemptChain().Then(notMade).Then(Refused).Then(notMade);

        parts.Rerouter.Reroute(record);

        Assert.Empty(sink.Results);
    }

    private sealed class RouterThatThrows(StreamParts parts, OutcomeSink at) : RecordRouter(parts.Settings, parts.Topology.Table, parts.Completer)
    {
        public override void RouteBack(ShardEngine from, in IncomingRecord record)
        {
            if (record.Member.Sink == at)
                throw new InvalidOperationException("a defect");
            base.RouteBack(from, record);
        }
    }
}
