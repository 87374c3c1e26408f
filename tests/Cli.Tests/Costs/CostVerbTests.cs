using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Costs;

/// <remarks>Tests <see cref="Cli.Costs.CostVerb"/> and <see cref="Cli.Costs.CostReport"/>.</remarks>
public sealed class CostVerbTests
{
    private const string Prices = """
        {"as_of":"2026-01-01","source":"https://prices","regions":{"eu-west-1":{"shard_hour":1,"million_put_units":2,"on_demand_stream_hour":3,
        "on_demand_gib_in":4,"on_demand_gib_out":5,"advantage_gib_in":6,"advantage_gib_out":7,"advantage_least_mib_per_second":0}}}
        """;

    /// <summary>Ten aggregates a second with 100 records each, for two hours.</summary>
    private static readonly LoadSum Hour = new()
    {
        Minutes = 60, UserRecords = 3_600_000, Records = 36_000, Bytes = 749_520_000, PutUnits = 36_000, BilledKiB = 756_000, PutUnitsAlone = 3_600_000,
        BilledKiBAlone = 3_600_000, PeakShards = 0.2, PeakShardsAlone = 1,
    };

    [Fact]
    public async Task Cost_OfAStream_IsToldAsATable()
    {
        var run = await StartAsync(Hour, Hour).RunAsync("cost");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith(
            """
            events in us-east-1, the last 2 h 0 min that were seen: 1,000 records/s, 0.199 MiB/s, at most 0.2 shards' worth in a minute
            PUT payload units: 10.0/s, without aggregation 1,000.0/s; aggregation saves $36.42 a month

            a month                                       USD  without aggregation  by the last hour
            provisioned, 4 shards                       44.17                80.59             44.17
            provisioned with a policy, 1 on average     11.32                58.69             11.32
            on-demand                                   92.36               329.95             92.36
            on-demand Advantage, of the account      3,079.69             3,079.69          3,079.69

            Provisioned with a policy costs least (kpl policy on --stream events): $11.32 a month, $32.85 less than provisioned with the 4 shards it has; 
            """.ReplaceLineEndings("\n"), run.Text, StringComparison.Ordinal);
        Assert.Contains("\nPrices of 2026-08-08, https://aws.amazon.com/kinesis/data-streams/pricing/\n", run.Text, StringComparison.Ordinal);
    }

    /// <summary>It promised what would be saved beside on-demand, which the account does not pay.</summary>
    [Fact]
    public async Task Cost_WhereTheAccountIsCommitted_ComparesWithWhatItPays()
    {
        var run = await StartAsync(isCommitted: true, Hour).RunAsync("cost");
        Assert.Contains("; aggregation saves $0.00 a month\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("$11.32 a month, $3,068.37 less than on-demand Advantage; ", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cost_AsJson_HasTheFiguresAndTheWarningOfOldPrices()
    {
        await using var tier = await StartAsync(Hour);
        var later = new FakeTimeProvider();
        later.Advance(new DateTimeOffset(2027, 3, 1, 0, 0, 0, TimeSpan.Zero) - later.GetUtcNow());
        var run = await CliRun.RunAsync(new MemoryStream(), ["cost", "--tier", tier.Url, "--json", "--streams", "2", "--readers", "0"], time: later);
        var json = run.LastJson;
        var month = json.GetProperty("monthly_usd");
        Assert.Equal((2 * 44.17, 2 * 11.32), (Cents(month, "provisioned"), Cents(month, "provisioned_by_policy")));
        Assert.Equal(Cents(month, "on_demand_advantage"), Cents(month, "on_demand_advantage_warm"));
        Assert.Equal(("2026-08-08", 10.0), (json.GetProperty("prices_as_of").GetString(), json.GetProperty("put_units_per_second").GetDouble()));
        Assert.StartsWith("The prices are 205 days old", json.GetProperty("warning").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(json.GetProperty("recommendation").GetString()!);

        static double Cents(JsonElement month, string name) => Math.Round(month.GetProperty(name).GetDouble(), 2);
    }

    [Fact]
    public async Task Cost_OfTheLastHour_LeavesOutWhatWasBefore()
    {
        var run = await StartAsync(Hour with { PutUnits = 1 }, Hour).RunAsync("cost", "--json", "--over", "hour");
        Assert.Equal(10, run.LastJson.GetProperty("put_units_per_second").GetDouble());
    }

    [Fact]
    public async Task Cost_WithAFileOfPrices_TakesThose()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "prices.json");
        await File.WriteAllTextAsync(file, Prices);
        string[] paper = ["cost", "--records-per-second", "1000", "--record-size", "200", "--json", "--prices", file];
        var run = await CliRun.RunAsync([.. paper, "--region", "eu-west-1"]);
        Assert.Equal(730 + (10 * 2.628 * 2), run.LastJson.GetProperty("monthly_usd").GetProperty("provisioned").GetDouble(), 6);

        (await CliRun.RunAsync(paper)).AssertError(2, "there are no prices of 'us-east-1', only of eu-west-1: --prices FILE gives them");
    }

    [Fact]
    public async Task Cost_WithABadFileOfPrices_TellsEveryError()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "prices.json");
        var bad = Prices.Replace("\"shard_hour\":1", "\"shard_hour\":-1", StringComparison.Ordinal).Replace("2026-01-01", "x", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, bad);
        var run = await CliRun.RunAsync("cost", "--records-per-second", "1", "--record-size", "1", "--prices", file);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{file}: as_of is \"x\", no day such as 2026-08-08", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}: regions.eu-west-1.shard_hour is -1, no number from 0 to 1,000", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("belong together", "--record-size", "5")]
    [InlineData("--shards is for a load on paper", "--shards", "5")]
    [InlineData("--readers: 101 is not from 0 to 100", "--readers", "101")]
    [InlineData("--over: 'month' is none of hour, day, week", "--over", "month")]
    [InlineData("--stream is for the load of a stream: with --records-per-second none is asked", "--records-per-second", "5", "--record-size", "5", "--stream", "events")]
    [InlineData("--over is for the load of a stream: with --records-per-second none is asked", "--records-per-second", "5", "--record-size", "5", "--over", "day")]
    [InlineData("nope.json: there is no such file", "--records-per-second", "5", "--record-size", "5", "--prices", "nope.json")]
    public async Task Cost_WithWrongArguments_SaysWhy(string message, params string[] arguments) =>
        (await CliRun.RunAsync(["cost", .. arguments])).AssertError(2, message);

    [Fact]
    public async Task Cost_BeforeAnyMinuteWasSeen_SaysSo()
    {
        await using var tier = await StartAsync();
        var run = await CliRun.RunAsync("cost", "--tier", tier.Url);
        run.AssertError(1, "no load of events was seen: this tier has sent nothing to it, or only for less than two minutes, or only before it was first asked; what other producers send is not seen.");
    }

    private static Task<FakeTier> StartAsync(params LoadSum[] hours) => StartAsync(isCommitted: false, hours);

    /// <param name="isCommitted">Whether the account has the commitment, and the stream is on-demand. A tier of an older version does not tell.</param>
    private static Task<FakeTier> StartAsync(bool isCommitted, params LoadSum[] hours) => FakeTier.StartAsync((request, context) =>
    {
        var load = new StreamLoad
        {
            Stream = "events", Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events", OpenShards = 4, OnDemand = isCommitted, Hours = hours,
        };
        return request.Path.Split('/')[^1] switch
        {
            "load" => FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(load, AdminJson.Default.StreamLoad)),
            "policy" => FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(new ScalingOptions(), AdminJson.Default.ScalingOptions)),
            _ when isCommitted => FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(
                new StreamCapacity { Stream = "events", Status = "ACTIVE", MaxRecordKiB = 1_024, BillingCommitment = "ENABLED" }, AdminJson.Default.StreamCapacity)),
            _ => FakeTier.RespondAsync(context, 404, "{}"),
        };
    });
}
