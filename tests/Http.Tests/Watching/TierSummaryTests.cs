using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http.Tests.Watching;

public sealed class TierSummaryTests
{
    /// <summary>One request with a misspelt name once made every later visitor's page open on a stream that was not there.</summary>
    [Fact]
    public void Exists_OfAMisspeltName_IsFalse() => Assert.False(Exists(new StreamLedger(2_000, 0, 2_000, 0, 0, 0, 0), 0));

    [Fact]
    public void Exists_OfWhatHoldsRecordsOrWasDelivered_IsTrue()
    {
        Assert.True(Exists(new StreamLedger(1, 1, 0, 0, 0, 0, 0), 0));
        Assert.True(Exists(new StreamLedger(1, 0, 0, 0, 1, 0, 0), 0));
        Assert.True(Exists(new StreamLedger(1, 0, 0, 0, 0, 1, 0), 0, isMissing: true));
        Assert.True(Exists(default, 4));
        Assert.True(Exists(default, 0, isNamed: true));
        Assert.False(Exists(new StreamLedger(1, 1, 0, 0, 0, 0, 0), 4, isNamed: true, isMissing: true));
    }

    /// <summary>The dashboard listed the default stream twice, once as one that was never used.</summary>
    [Fact]
    public void Streams_WhereTheSettingsNameAnOpenOneByItsArn_HaveItOnce()
    {
        string[] named = ["arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks", "events"];
        var report = new ProcessReport { Process = "p", Streams = [new StreamReport { Stream = "orders" }] };
        Assert.Equal([named[1], "events", "orders"], TierSummary.Streams([report], named, static _ => true).Select(static s => s.Stream));
    }

    private static bool Exists(StreamLedger ledger, int shards, bool isNamed = false, bool isMissing = false) =>
        TierSummary.Exists(new StreamReport { Stream = "Events", Ledger = ledger, Shards = shards }, isNamed ? ["Events"] : ["events"], isMissing ? ["Events"] : []);
}
