using Orleans.Kpl.Scaling.Capacities;

namespace Orleans.Kpl.Scaling.Tests.Capacities;

/// <remarks>Tests <see cref="CapacityRules"/> and <see cref="WarmIntent"/>.</remarks>
public sealed class CapacityRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly StreamCapacity OnDemand = new()
    {
        Stream = "events", Status = "ACTIVE", OnDemand = true, WarmMiBPerSecond = 8, MaxRecordKiB = 1_024, BillingCommitment = "ENABLED",
    };

    public static TheoryData<CapacityChange, string> Impossible => new()
    {
        { new(), "One change is expected" },
        { new() { WarmMiBPerSecond = 8, OnDemand = true }, "One change is expected" },
        { new() { MaxRecordKiB = 2_048, For = TimeSpan.FromHours(1) }, "Only warm throughput" },
        { new() { WarmMiBPerSecond = -1 }, "AWS allows 0 to 10,240" },
        { new() { WarmMiBPerSecond = 10_241 }, "AWS allows 0 to 10,240" },
        { new() { WarmMiBPerSecond = 8, For = TimeSpan.FromSeconds(59) }, "1 minute to 30 days" },
        { new() { WarmMiBPerSecond = 8, For = TimeSpan.FromDays(31) }, "1 minute to 30 days" },
        { new() { MaxRecordKiB = 1_023 }, "AWS allows 1,024 to 10,240" },
        { new() { MaxRecordKiB = 10_241 }, "AWS allows 1,024 to 10,240" },
    };

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void Plan_OfWhatIsNotPossible_SaysWhy(CapacityChange change, string why) => Refuse(OnDemand, change, why);

    [Fact]
    public void Plan_OfWarmThroughput_NeedsAnOnDemandStreamAndTheCommitment()
    {
        var warm = new CapacityChange { WarmMiBPerSecond = 200 };
        Refuse(OnDemand with { OnDemand = false }, warm, "only on-demand streams");
        Refuse(OnDemand with { BillingCommitment = "DISABLED" }, warm, "billing commitment");
        // Kinesis decides where the account cannot be read.
        Assert.Equal(200, CapacityRules.Plan(OnDemand with { BillingCommitment = null }, warm, Noon).After.WarmMiBPerSecond);
    }

    [Fact]
    public void Plan_OfWarmThroughputForAWhile_GoesBackToWhatItWas()
    {
        var first = CapacityRules.Plan(OnDemand, new CapacityChange { WarmMiBPerSecond = 200, For = TimeSpan.FromHours(2) }, Noon);
        Assert.Equal(OnDemand with { WarmMiBPerSecond = 200, WarmUntil = Noon.AddHours(2), WarmAfterwardsMiBPerSecond = 8 }, first.After);
        Assert.Equal(["The warm throughput goes from 8 to 200 MiB/s.", "It is set back to 8 MiB/s at 2026-01-02 14:00 UTC."], first.Notes);

        var second = CapacityRules.Plan(first.After, new CapacityChange { WarmMiBPerSecond = 300, For = TimeSpan.FromHours(3) }, Noon.AddHours(1));
        Assert.Equal((300, Noon.AddHours(4), 8), (second.After.WarmMiBPerSecond, second.After.WarmUntil, second.After.WarmAfterwardsMiBPerSecond));

        var third = CapacityRules.Plan(second.After, new CapacityChange { WarmMiBPerSecond = 100 }, Noon.AddHours(1));
        Assert.Equal(OnDemand with { WarmMiBPerSecond = 100 }, third.After);
        Assert.Contains("does not hold any more", third.Notes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfWhatIsSoAlready_HasNothingToDo()
    {
        Assert.Empty(CapacityRules.Plan(OnDemand, new CapacityChange { OnDemand = true }, Noon).Notes);
        Assert.Empty(CapacityRules.Plan(OnDemand, new CapacityChange { MaxRecordKiB = 1_024 }, Noon).Notes);
        // AWS releases excess capacity by the same value.
        Assert.NotEmpty(CapacityRules.Plan(OnDemand, new CapacityChange { WarmMiBPerSecond = 8 }, Noon).Notes);
    }

    [Fact]
    public void Plan_TellsWhatItMeans()
    {
        var large = OnDemand with { MaxRecordKiB = 4_096 };
        Assert.Contains("RecordTooLarge", CapacityRules.Plan(large, new() { MaxRecordKiB = 2_048 }, Noon).Notes[1], StringComparison.Ordinal);
        Assert.Contains("reads the stream", CapacityRules.Plan(large, new() { MaxRecordKiB = 10_240 }, Noon).Notes[1], StringComparison.Ordinal);
        Assert.Contains("two switches", CapacityRules.Plan(large, new() { OnDemand = false }, Noon).Notes[1], StringComparison.Ordinal);
    }

    /// <summary>What somebody else set is not undone.</summary>
    [Theory]
    [InlineData("ACTIVE", true, 200, true, "set back from 200 to 8")]
    [InlineData("UPDATING", true, 200, true, null)]
    [InlineData("ACTIVE", true, 8, false, "8 MiB/s again")]
    [InlineData("ACTIVE", true, 300, false, "Somebody set")]
    [InlineData("ACTIVE", true, null, false, "Somebody set")]
    [InlineData("ACTIVE", false, 200, false, "provisioned now")]
    public void Next_OfAnIntent_FollowsTheStream(string status, bool onDemand, int? warm, bool goesOn, string? told)
    {
        var intent = new WarmIntent(Noon, 200, 8, Noon.AddHours(2));
        var step = intent.Next(new StreamSummary("arn", status, Noon, 1_024, onDemand, warm));
        Assert.Equal(goesOn, step.GoesOn);
        Assert.Equal(told is null, step.Told is null);
        Assert.Contains(told ?? "", step.Told ?? "", StringComparison.Ordinal);
        Assert.False(intent.Next(null).GoesOn);
        Assert.False(intent.Next(new StreamSummary("arn", "ACTIVE", Noon.AddDays(1), 1_024, true, 200)).GoesOn);
        Assert.Equal(intent, WarmIntent.FromJson(intent.ToJson()));
    }

    private static void Refuse(StreamCapacity now, CapacityChange change, string why)
    {
        var error = Assert.Throws<StreamManagerException>(() => CapacityRules.Plan(now, change, Noon));
        Assert.Equal(StreamManagerErrorCodes.InvalidChange, error.Code);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }
}
