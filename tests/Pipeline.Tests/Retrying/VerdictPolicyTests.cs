using Orleans.Kpl.Pipeline.Retrying;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;

namespace Orleans.Kpl.Pipeline.Tests.Retrying;

public sealed class VerdictPolicyTests
{
    private static readonly ShardRange Child = new("shardId-000000000007", 100, 199);

    [Fact]
    public void OfTaken_PredictedShard_Delivers() =>
        Assert.Equal(new Verdict(VerdictKind.Deliver), VerdictPolicy.OfTaken("a", 9, 1, 2, "a", null, false));

    [Fact]
    public void OfTaken_WithoutPrediction_Delivers() =>
        Assert.Equal(new Verdict(VerdictKind.Deliver), VerdictPolicy.OfTaken(null, 1, 1, 2, "a", null, false));

    [Fact]
    public void OfTaken_LoneRecord_IsNeverWrong() =>
        Assert.Equal(new Verdict(VerdictKind.Deliver, RefreshMap: true), VerdictPolicy.OfTaken("a", 1, 1, 1, Child.ShardId, Child, false));

    [Fact]
    public void OfTaken_UnknownShard_WaitsForTheMap() =>
        Assert.Equal(VerdictKind.AwaitMap, VerdictPolicy.OfTaken("a", 2, 100, 199, Child.ShardId, null, false).Kind);

    [Fact]
    public void OfTaken_UnknownShardEvenToAFreshMap_SendsAgain() =>
        Assert.Equal(VerdictKind.Reroute, VerdictPolicy.OfTaken("a", 2, 100, 199, Child.ShardId, null, true).Kind);

    [Theory]
    [InlineData(100, 199, true)]
    [InlineData(99, 150, false)]
    [InlineData(150, 200, false)]
    public void OfTaken_OtherShard_DeliversOnlyIfEveryMemberBelongsThere(int lowest, int highest, bool delivers)
    {
        var verdict = VerdictPolicy.OfTaken("a", 300, (UInt128)lowest, (UInt128)highest, Child.ShardId, Child, false);

        Assert.Equal(delivers ? VerdictKind.Deliver : VerdictKind.Reroute, verdict.Kind);
        Assert.True(verdict.RefreshMap);
        Assert.Equal(delivers ? null : RecordErrorCodes.WrongShard, verdict.Code);
    }

    [Theory]
    [InlineData(RecordErrorCodes.Throttled, false, VerdictKind.Retry)]
    [InlineData(RecordErrorCodes.Throttled, true, VerdictKind.Fail)]
    [InlineData("InternalFailure", true, VerdictKind.Retry)]
    [InlineData("KMSThrottlingException", true, VerdictKind.Retry)]
    [InlineData("ExpiredTokenException", false, VerdictKind.RetrySlowly)]
    [InlineData(RecordErrorCodes.ResourceNotFound, false, VerdictKind.ConfirmStream)]
    [InlineData(RecordErrorCodes.RecordCountMismatch, false, VerdictKind.Fail)]
    [InlineData("ValidationException", false, VerdictKind.Halve)]
    public void OfRefused_WholeCall(string code, bool failIfThrottled, object kind) =>
        Assert.Equal((VerdictKind)kind, VerdictPolicy.OfFailed(code, "m", failIfThrottled).Kind);

    [Fact]
    public void OfRefused_OneEntry_HasNoHalves() =>
        Assert.Equal(VerdictKind.Fail, VerdictPolicy.OfRefused(new PutRecordsReplyEntry(null, null, "ValidationException", "m"), false).Kind);
}
