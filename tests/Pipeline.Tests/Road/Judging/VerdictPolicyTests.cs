using Orleans.Kpl.Pipeline.Doubts;
using Orleans.Kpl.Pipeline.Road.Judging;

namespace Orleans.Kpl.Pipeline.Tests.Road.Judging;

public sealed class VerdictPolicyTests
{
    private static readonly ShardRange Child = new("shardId-000000000007", 100, 199);

    [Fact]
    public void OfTaken_PredictedShard_Delivers() =>
        Assert.Equal(new Verdict(VerdictKind.Deliver), Taken(9, 100, 199, predicted: Child.ShardId));

    [Fact]
    public void OfTaken_WithoutPrediction_Delivers() =>
        Assert.Equal(new Verdict(VerdictKind.Deliver), Taken(1, 1, 2, predicted: null, known: false));

    [Fact]
    public void OfTaken_LoneRecord_IsNeverWrong()
    {
        Assert.Equal(new Verdict(VerdictKind.Deliver, RefreshMap: true), Taken(1, 1, 1));
        Assert.Equal(new Verdict(VerdictKind.Deliver, RefreshMap: true), Taken(1, 1, 1, Child.ShardId, map: MapTrust.Contradicted));
        Assert.Equal(new Verdict(VerdictKind.Deliver), Taken(1, 1, 1, map: MapTrust.Fresh));
    }

    [Fact]
    public void OfTaken_UnknownShard_WaitsForTheMap() =>
        Assert.Equal(new Verdict(VerdictKind.AwaitMap, RefreshMap: true), Taken(2, 100, 199, known: false));

    [Fact]
    public void OfTaken_UnknownShardEvenToAFreshMap_SendsAgain() =>
        Assert.Equal(VerdictKind.Reroute, Taken(2, 100, 199, known: false, map: MapTrust.Fresh).Kind);

    [Theory]
    [InlineData(100, 199, true)]
    [InlineData(99, 150, false)]
    [InlineData(150, 200, false)]
    public void OfTaken_OtherShard_DeliversOnlyIfEveryMemberBelongsThere(int lowest, int highest, bool delivers)
    {
        var verdict = Taken(300, (UInt128)lowest, (UInt128)highest);

        Assert.Equal(delivers ? VerdictKind.Deliver : VerdictKind.Reroute, verdict.Kind);
        Assert.True(verdict.RefreshMap);
        Assert.Equal(delivers ? null : RecordErrorCodes.WrongShard, verdict.Code);
    }

    [Theory]
    [InlineData(100, 199, true)]
    [InlineData(100, 200, false)]
    public void OfTaken_PredictedShardThatIsAnotherOneNow_DeliversOnlyIfEveryMemberBelongsThere(int lowest, int highest, bool delivers)
    {
        var verdict = Taken(300, (UInt128)lowest, (UInt128)highest, Child.ShardId, map: MapTrust.Fresh);

        Assert.Equal(delivers ? VerdictKind.Deliver : VerdictKind.Reroute, verdict.Kind);
        Assert.False(verdict.RefreshMap);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OfTaken_ContradictedMap_BelievesNothingOfIt(bool predicted) => Assert.Equal(
        new Verdict(VerdictKind.AwaitMap, RefreshMap: true), Taken(2, 100, 199, predicted ? Child.ShardId : "a", map: MapTrust.Contradicted));

    [Fact]
    public void Contradicts_TellsWhatTheMapCannotExplain()
    {
        Assert.False(Contradiction.IsThere(150, "1", Child, numbersTell: true));
        Assert.True(Contradiction.IsThere(150, "1", null, numbersTell: true));
        Assert.True(Contradiction.IsThere(200, "1", Child, numbersTell: true));
        var first = new string('4', 56);
        var later = "5" + first[1..];
        Assert.True(Contradiction.IsThere(150, later, Child with { StartingSequenceNumber = first }, numbersTell: true));
        Assert.False(Contradiction.IsThere(150, later, Child with { StartingSequenceNumber = first }, numbersTell: false));
    }

    private static Verdict Taken(
        int members, UInt128 lowest, UInt128 highest, string? predicted = "a", bool known = true, MapTrust map = MapTrust.Uncontradicted) =>
        VerdictPolicy.OfTaken(predicted, members, lowest, highest, Child.ShardId, known ? Child : null, map);

    /// <summary>They do not say that the shard is full.</summary>
    [Theory]
    [InlineData("InternalFailure")]
    [InlineData("KMSThrottlingException")]
    public void OfRefused_WhereThrottledRecordsFail_OthersAreTriedAgain(string code) =>
        Assert.Equal(VerdictKind.Retry, VerdictPolicy.OfRefused(code, "m", failIfThrottled: true, isWholeCall: true).Kind);
}
