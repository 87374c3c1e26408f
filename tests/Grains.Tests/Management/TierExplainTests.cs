using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Grains.Tests.Management;

public sealed class TierExplainTests
{
    [Fact]
    public async Task Explain_OfAFailureThroughAnySilo_HasItsOwnerAndItsBucket()
    {
        await using var tier = await Tier.StartAsync(silos: 2);
        var admin = new Orleans.Kpl.Management.GrainStreamAdmin(tier.Cluster.Client);
        var refused = tier.Server.Kinesis.Faults.Add(new ErrorFault { Type = "ValidationException", Operation = "PutRecords" });
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(3));
        tier.Server.Kinesis.Faults.Remove(refused);
        await Waiting.UntilAsync(async () => (await admin.GetFailuresAsync(Tier.Stream)).Failures.Count == 3);

        var page = await admin.GetFailuresAsync(Tier.Stream, after: 1, max: 1);
        var told = await admin.ExplainAsync(Tier.Stream, ExplainQuestion.OfFailure(page.Next));
        // An owner that a busy machine keeps from answering in time is left out of the explanation.
        await Waiting.UntilAsync(async () => (told = await admin.ExplainAsync(Tier.Stream, ExplainQuestion.OfFailure(page.Next))).Bucket is not null);

        Assert.True(page.HasMore);
        Assert.Equal((2, "ValidationException"), (told.Failure!.Number, told.Failure.ErrorCode));
        Assert.Contains(told.OwnerSilo, tier.Cluster.Silos.Select(s => s.SiloAddress.ToString()));
        Assert.Equal(tier.Cluster.Silos[0].SiloAddress.ToString(), told.Failure.Process);
        Assert.InRange(told.Bucket!.Value, 0.1, 1);
        Assert.True(told.IsMapCurrent);
        var reports = await tier.Node(1).View.ReportAsync(Tier.Stream, CancellationToken.None);
        // A silo that a busy machine keeps from reporting in time is told of as not active.
        await Waiting.UntilAsync(async () =>
            (reports = await tier.Node(1).View.ReportAsync(Tier.Stream, CancellationToken.None)).All(static r => r.State == "active"));
        Assert.Equal(tier.Cluster.Silos.Select(s => s.SiloAddress.ToString()).Order(), reports.Select(r => r.Process).Order());
        // Shards have an owner from their first record on.
        var owner = Assert.Single(reports, r => r.Shards.Any(s => s.ShardId == told.ShardId));
        Assert.Equal(told.OwnerSilo, owner.Process);
        Assert.Equal(3, reports.SelectMany(r => r.Streams).Sum(s => s.Ledger.Failed));
        var unknown = await Assert.ThrowsAsync<StreamManagerException>(() => admin.ExplainAsync(Tier.Stream, ExplainQuestion.OfFailure(4)));
        Assert.Equal(StreamManagerErrorCodes.UnknownFailure, unknown.Code);
    }

    [Fact]
    public async Task Explain_OfAKeyOfAStreamThatRoutesEvenly_SaysThatItDecidesNothing()
    {
        await using var tier = await Tier.StartAsync(silos: 1, configure: static o => o.Routing = RoutingMode.Even);
        var told = await new Orleans.Kpl.Management.GrainStreamAdmin(tier.Cluster.Client).ExplainAsync(Tier.Stream, ExplainQuestion.OfKey("user-17"));
        Assert.Null(told.ShardId);
        Assert.StartsWith("The key decides nothing: Routing=Even sends each record to the one of 4 shards", told.Findings[0], StringComparison.Ordinal);
    }
}
