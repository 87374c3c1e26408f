using System.Text.Json.Nodes;
using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Scaling.Tests.Costs;

/// <remarks>Tests <see cref="StreamCosts"/> and <see cref="StreamCost"/>.</remarks>
public sealed class StreamCostsTests
{
    private readonly StreamCosts _costs = new(null!, PriceTable.Own, new FakeTimeProvider());

    [Fact]
    public void Of_ALoadThatChanged_TellsThePriceByEachSpanThatWasSeen()
    {
        var (quiet, _) = PaperLoad.Of(100, 200, null, new ScalingOptions());
        var (busy, _) = PaperLoad.Of(10_000, 200, null, new ScalingOptions());

        var cost = _costs.Of(LoadOf("us-east-1", [.. Enumerable.Repeat(quiet, 40), busy]), new ScalingOptions());

        var ofLast = cost["monthly_usd_of_last"]!.AsObject();
        Assert.Equal(["hour", "day"], ofLast.Select(static s => s.Key));
        // Beside the price of the stream itself, a busy hour, 23 quiet ones with it, and all 40.
        var (hour, day, all) = (LoadPrice(ofLast["hour"]!), LoadPrice(ofLast["day"]!), LoadPrice(cost["monthly_usd"]!));
        var quietHour = ((24 * day) - hour) / 23;
        Assert.InRange(quietHour, 0.001, hour / 50);
        Assert.Equal(((40 * quietHour) + hour) / 41, all, 6);
        Assert.NotNull((string?)cost["recommendation"]);

        static double LoadPrice(JsonNode month) => (double)month["on_demand"]! - (730 * 0.04);
    }

    [Fact]
    public void Of_AStreamWithoutLoad_SaysWhenItIsKnown() =>
        Assert.Equal(
            "no load was seen: this tier has sent nothing to it, or only for less than two minutes, or only before it was first asked; what other producers send is not seen",
            (string?)_costs.Of(LoadOf("us-east-1"), new ScalingOptions())["note"]);

    /// <summary>After a minute it advised a month, without a word of that.</summary>
    [Theory]
    [InlineData(1, " That is by 1 minute of load, too little for a month: look again when an hour was seen.")]
    [InlineData(59, " That is by 59 minutes of load, too little for a month: look again when an hour was seen.")]
    [InlineData(60, "as much.")]
    public void Of_AFewMinutes_SaysThatTheyAreFew(int minutes, string end)
    {
        var (hour, _) = PaperLoad.Of(100, 200, null, new ScalingOptions());
        var cost = _costs.Of(LoadOf("us-east-1", hour with { Minutes = minutes }), new ScalingOptions());
        Assert.EndsWith(end, (string?)cost["recommendation"], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ARegionWithoutPrices_NamesTheSetting() => Assert.Equal(
        "there are no prices of 'eu-west-3', only of us-east-1, us-east-2: Kpl:Http:Prices names a file of others",
        (string?)_costs.Of(LoadOf("eu-west-3", PaperLoad.Of(1, 1, null, new ScalingOptions()).Hour), new ScalingOptions())["note"]);

    [Fact]
    public void Open_WithABadFile_TellsEveryError()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "prices.json");
        File.WriteAllText(file, """{"as_of":"x","regions":{}}""");
        var errors = Assert.Throws<KplOptionsException>(() => StreamCosts.Open(null!, file, TimeProvider.System)).Errors;
        Assert.Equal(3, errors.Count);
        Assert.All(errors, e => Assert.StartsWith($"Kpl:Http:Prices: {file}: ", e, StringComparison.Ordinal));
    }

    private static StreamLoad LoadOf(string region, params LoadSum[] hours) =>
        new() { Stream = "events", Arn = $"arn:aws:kinesis:{region}:000000000000:stream/events", OpenShards = 4, Hours = hours };
}
