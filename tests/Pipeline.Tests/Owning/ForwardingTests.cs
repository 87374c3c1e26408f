using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

public sealed class ForwardingTests
{
    /// <summary>It waited for its owner's answer as the stream went missing. Nobody asked for the map that it waited for then, until another put.</summary>
    [Fact]
    public async Task RouteAgain_WhereTheStreamWentMissing_AsksForItsMap()
    {
        using var parts = new StreamParts(owners: new ProbeOwners());
        parts.ShowShards(1);
        parts.Follower.StreamMissing("gone");
        var forwarding = new Forwarding(parts.Barrier, parts.Topology, parts.Router, parts.Map, parts.ForwardedCompleter, parts.Clock);

        forwarding.RouteAgain(StreamParts.Record(1, new MemberRef(parts.NewSink(), 0)));
        await PipelineHarness.SettleAsync();

        Assert.Equal(1, parts.Kinesis.Listings);
    }
}
