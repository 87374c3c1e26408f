using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

public sealed class MixedCompleterTests
{
    /// <summary>Its Kinesis record had begun to end, so nobody else ended the members behind it.</summary>
    [Fact]
    public void Fail_WhereOneMemberThrows_TellsThoseBehindIt()
    {
        using var parts = new StreamParts();
        parts.ShowShards(1);
        ProbeSink[] sinks = [.. Enumerable.Range(0, 3).Select(i => Route(parts, i, new Rider(throws: i == 0)))];
        var record = Assert.Single(parts.TakeCall().Records);

        new MixedCompleter(parts.Ledger, parts.Memory, parts.Telemetry).Fail(record, "SomeCode", "why");

        Assert.Equal([0, 1, 1], sinks.Select(static s => s.Results.Count));
        Assert.Equal(2, parts.Ledger.Read().Failed);
        Assert.Single(parts.Events.Defects);
        parts.Events.Defects.Clear();
    }

    private static ProbeSink Route(StreamParts parts, int number, Rider rider)
    {
        parts.Ledger.Accepted(1);
        parts.Memory.Charge(StreamParts.ChargeOf(number), 1);
        var now = parts.Clock.Now;
        var sink = new ProbeSink(new AcceptanceTerms(parts.Barrier.Enter(1), now, now + TimeSpan.TicksPerMinute, Immediate: false, rider));
        parts.Router.Route(StreamParts.Record(number, new MemberRef(sink, 0)));
        return sink;
    }

    private sealed class Rider(bool throws) : IOutcomeRider
    {
        public bool TryKeep(MemberRef member, in AggregateMember content, FailureReason reason) =>
            throws ? throw new InvalidOperationException("a defect") : false;
    }
}
