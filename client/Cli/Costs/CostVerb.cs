using System.CommandLine;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Scaling.Costs;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Costs;

/// <summary><c>kpl cost</c>: its arguments, and what it does with them.</summary>
internal sealed class CostVerb(CliHost host, NamedTier named, string stream, bool json) : TierVerb(host, named, stream, json)
{
    private const string PaperRegion = "us-east-1";

    private readonly CliHost _host = host;
    private readonly bool _json = json;

    public static Verb Create(CliHost host)
    {
        var help = new VerbHelp
        {
            Details = "A month of 730 hours, with 24 hours of retention, without enhanced fan-out, taxes and discounts. The load is what this tier sent: other producers are not seen. With --records-per-second and --record-size no tier is asked.",
            Examples =
            [
                new("cost --stream events", "Prices the load of the last week."),
                new("cost --records-per-second 1000 --record-size 200", "Computes it on paper."),
                new("cost --prices prices.json --readers 2", "Takes other prices; two consumers read everything."),
            ],
            ExitCodes =
            [
                (ExitCode.Success, "Told."), (ExitCode.SomeFailed, "No load was seen yet, or the answer cannot be read."),
                (ExitCode.BadArguments, "The arguments or the prices are wrong."), (ExitCode.NotThere, "The tier or the stream is not there."),
            ],
            Variables = SharedOptions.AdminVariables,
        };
        var prices = new Option<string?>("--prices") { Description = "A file of prices, in place of those that kpl has: docs/cost.md.", HelpName = "FILE" };
        var region = new Option<string?>("--region") { Description = $"The region of the prices; otherwise that of the stream, on paper {PaperRegion}.", HelpName = "R" };
        var over = new Option<string>("--over") { Description = "The load of the last hour, day or week.", DefaultValueFactory = static _ => "week" };
        SharedOptions.TakeOneOf(over, [.. StreamCost.Spans.Select(static s => s.Word)]);
        var readers = SharedOptions.Number<int>("--readers", "How many consumers read everything; on-demand each of them costs.", 0, 100, static _ => 1);
        var streams = SharedOptions.Number<int>("--streams", "How many streams with such a load the account has; the price is for all of them.", 1, 1_000_000, static _ => 1);
        var rate = SharedOptions.Number<int?>("--records-per-second", "User records a second: computes the load on paper.", 1, 1_000_000_000);
        var size = SharedOptions.Number<int?>("--record-size", "The bytes of each, with its key.", 1, 10 << 20);
        var shards = SharedOptions.Number<int?>("--shards", "How many shards the stream has, on paper; otherwise as many as the policy would have.", 1, 100_000);
        var command = new Verb("cost", "Tells what a stream costs in a month in each capacity mode, and what aggregation saves.", help)
        {
            prices, region, over, readers, streams, rate, size, shards,
        };
        command.Check = result => (SharedOptions.IsGiven(result, rate), SharedOptions.IsGiven(result, size), SharedOptions.IsGiven(result, shards)) switch
        {
            (true, false, _) or (false, true, _) => ["--records-per-second and --record-size belong together"],
            (false, _, true) => ["--shards is for a load on paper: --records-per-second and --record-size are missing"],
            (true, _, _) => command.Options.Where(o => o.Name is "--over" or "--stream" && SharedOptions.IsGiven(result, o))
                .Select(static o => $"{o.Name} is for the load of a stream: with --records-per-second none is asked"),
            _ => [],
        };
        return AdminCommands.SetTierAction(command, (named, stream, json) => new CostVerb(host, named, stream, json), async (parsed, cost) =>
        {
            var table = cost.ReadPrices(parsed.GetValue(prices));
            var seen = parsed.GetValue(rate) is { } recordsPerSecond
                ? OnPaper(recordsPerSecond, parsed.GetValue(size)!.Value, parsed.GetValue(shards))
                : await cost.AskAsync(StreamCost.Spans.Single(s => s.Word == parsed.GetValue(over)).Minutes).ConfigureAwait(false);
            return cost.Tell(table, seen, parsed.GetValue(region) ?? seen.Region, parsed.GetValue(readers), parsed.GetValue(streams));
        }, "The figures, as one line of JSON.");
    }

    private static SeenLoad OnPaper(int recordsPerSecond, int recordSize, int? shards)
    {
        var policy = new ScalingOptions();
        var (hour, count) = PaperLoad.Of(recordsPerSecond, recordSize, shards, policy);
        return new SeenLoad(null, PaperRegion, false, count, policy, [hour]);
    }

    private PriceTable ReadPrices(string? file)
    {
        if (file is null)
            return PriceTable.Own;
        var errors = new List<string>();
        return PriceTable.ReadFile(_host.PathOf(file), errors) ?? throw CliException.BadArguments([.. errors.Select(e => $"{file}: {e}")]);
    }

    private async Task<SeenLoad> AskAsync(int minutes)
    {
        var load = AdminOutput.Read(await Connection.GetAsync("/load").ConfigureAwait(false), AdminJson.Default.StreamLoad);
        var policy = AdminOutput.Read(await Connection.GetAsync("/policy").ConfigureAwait(false), AdminJson.Default.ScalingOptions);
        // A tier of an older version has no capacity.
        var (told, _) = await Connection.GetSoonAsync("/capacity").ConfigureAwait(false);
        var capacity = told is null ? null : AdminOutput.TryRead(told, AdminJson.Default.StreamCapacity);
        return SeenLoad.Of(load, policy, minutes, capacity?.BillingCommitment)
            ?? throw CliException.Failed(
                $"no load of {Stream} was seen: {SeenLoad.None}. --records-per-second and --record-size compute one on paper");
    }

    private int Tell(PriceTable table, SeenLoad seen, string region, int readers, int streams)
    {
        if (!table.Regions.TryGetValue(region, out var prices))
        {
            throw CliException.BadArguments(
                $"{table.Lacks(region)}: --prices FILE gives them, --region takes another's");
        }

        var terms = new CostTerms(prices, seen.Policy, seen.Shards, readers, streams, seen.IsCommitted);
        var cost = new StreamCost(seen, terms, region, table, DateOnly.FromDateTime(_host.Time.GetUtcNow().UtcDateTime));
        _host.Write(_json ? cost.ToJson().ToJsonString() + "\n" : CostReport.TextOf(cost, region));
        return ExitCode.Success;
    }
}

/// <summary>The output of <c>kpl cost</c> for people.</summary>
internal static class CostReport
{
    public static string TextOf(StreamCost cost, string region)
    {
        var (seen, terms) = (cost.Seen, cost.Terms);
        var span = seen.Stream is null ? "on paper" : $"the last {Quantity.OfTime(TimeSpan.FromMinutes(cost.Minutes))} that were seen";
        var name = seen.Stream ?? "a stream";
        var who = terms.Streams == 1 ? name : $"each of {terms.Streams:N0} streams{(seen.Stream is null ? "" : $" such as {name}")}";
        Func<MonthlyCost, double> now = !seen.IsOnDemand ? static c => c.Provisioned : seen.IsCommitted ? static c => c.Advantage : static c => c.OnDemand;
        var saved = now(cost.CostAlone) - now(cost.Cost);
        var table = new PrintedTable(["a month", "USD", "without aggregation", .. cost.OfLast.Select(static l => $"by the last {l.Span}")]);
        foreach (var (mode, price) in Rows(cost))
            table.Add([mode, .. cost.OfLast.Select(static l => l.Cost).Prepend(cost.CostAlone).Prepend(cost.Cost).Select(c => $"{price(c):N2}")]);
        return $"{who} in {region}, {span}: {RateOf(static h => h.UserRecords):N0} records/s, {RateOf(static h => h.Bytes) / 1_048_576:0.###} MiB/s, at most {cost.Load.Peak:0.##} shards' worth in a minute\n"
            + $"PUT payload units: {cost.Load.PutUnits:N1}/s, without aggregation {cost.Alone.PutUnits:N1}/s; aggregation saves ${saved:N2} a month\n\n{table}\n{cost.Advice}\n"
            + $"On-demand counts {Quantity.Of(terms.Readers, "reader")}. Warm throughput adds nothing to Advantage, whose least price all streams of the account share.\n"
            + $"Prices of {cost.Table.AsOf:yyyy-MM-dd}, {cost.Table.Source}\n{(cost.Warning is null ? "" : cost.Warning + "\n")}";

        double RateOf(Func<LoadSum, long> sum) => seen.Hours.Sum(sum) / (60 * cost.Minutes);
    }

    private static IEnumerable<(string Name, Func<MonthlyCost, double> Price)> Rows(StreamCost cost) =>
    [
        ($"provisioned, {Quantity.Of(cost.Cost.Shards, "shard")}{(cost.Cost.Shards > cost.Terms.Shards ? " needed" : "")}", static c => c.Provisioned),
        ($"provisioned with a policy, {cost.Cost.PolicyShards:0.##} on average", static c => c.ByPolicy),
        ("on-demand", static c => c.OnDemand),
        ("on-demand Advantage, of the account", static c => c.Advantage),
    ];
}
