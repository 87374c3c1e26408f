using System.Text.Json.Nodes;
using Orleans.Kpl.Interop.Tests.Browser;
using Orleans.Kpl.Interop.Tests.Processes;

namespace Orleans.Kpl.Cluster.Tests.Browser;

/// <summary>The dashboard of one of two silos, in a real browser: it shows the whole tier.</summary>
public sealed class DashboardOfSilosTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const int Shards = 8;

    [PosixFact]
    [Trait("Category", "Long")]
    public async Task Page_OfOneOfTwoSilos_ShowsBoth_EveryShardWithItsOwner_AndAFailureOfTheOther()
    {
        await using var cluster = await CreateAsync();
        var silos = await cluster.StartSilosAsync(2);
        var (shown, other) = (silos[0], silos[1]);

        var seen = await DashboardScript.RunAsync(
            default, Place(shown.Http.BaseAddress!), Place(cluster.Kinesis.Url), "silos", Place(other.Http.BaseAddress!));

        Assert.Equal(Shards, seen["owners"]!.AsArray().Count);
        await using var connection = await cluster.ConnectAsync();
        var owned = await connection.UntilShardsAsync(static s => s.Sum(static o => o.Count()) == Shards);
        Assert.Equal(
            owned.ToDictionary(static o => o.Key, static o => o.Count()),
            Texts(seen["owners"]!).GroupBy(AddressOf).ToDictionary(static o => o.Key, static o => o.Count()));
        Assert.Equal(2, owned.Count);
        foreach (var silo in silos)
            Assert.Contains(Texts(seen["silos"]!), s => s.Contains(silo.Silo.ToString(), StringComparison.Ordinal));
        Assert.All(Texts(seen["statuses"]!), static s => Assert.Equal("failed", s));
        var text = (string)seen["text"]!;
        Assert.Contains("ValidationException", text, StringComparison.Ordinal);
        Assert.Contains("Attempts", text, StringComparison.Ordinal);
        Assert.Contains("shardId-", text, StringComparison.Ordinal);
    }

    /// <summary>A silo that was killed once left a stack trace on the page, vanished from it, and took its counts with it unsaid.</summary>
    [PosixFact]
    [Trait("Category", "Long")]
    public async Task Page_WhileASiloIsKilled_SaysSo_AndKeepsItsRow()
    {
        await using var cluster = await CreateAsync();
        var silos = await cluster.StartSilosAsync(2);
        var (shown, other) = (silos[0], silos[1]);

        var seen = await DashboardScript.RunAsync(
            default, Place(shown.Http.BaseAddress!), Place(cluster.Kinesis.Url), "killed", Place(other.Http.BaseAddress!), $"{other.Id}");

        var state = seen["states"]![0]!;
        PagePictures.Check(state);
        Assert.StartsWith($"Silo {other.Silo} was lost at ", PagePictures.SentenceOf(state), StringComparison.Ordinal);
        Assert.All(Texts(seen["told"]!), static t => Assert.DoesNotContain("Orleans.", t, StringComparison.Ordinal));
        Assert.Contains(Texts(seen["silos"]!), s => s.StartsWith(other.Silo.ToString(), StringComparison.Ordinal) && s.Contains("lost at ", StringComparison.Ordinal));
        Assert.Equal("a part is missing", (string)seen["balance"]!);
        Assert.Contains($"{other.Silo} (gone)", (string)seen["missing"]!, StringComparison.Ordinal);
    }

    [PosixFact]
    [Trait("Category", "Long")]
    public async Task Picture_OfATakeover_ShowsWhoSendsFromThenOn()
    {
        await using var cluster = await CreateAsync();
        var silos = await cluster.StartSilosAsync(2);
        var (shown, other) = (silos[0], silos[1]);

        var seen = await DashboardScript.RunAsync(
            TimeSpan.FromMinutes(12), Place(shown.Http.BaseAddress!), Place(cluster.Kinesis.Url), "takeover", Place(other.Http.BaseAddress!), $"{other.Id}");

        var columns = HeatColumns.Read(seen)[Stream];
        // Where the stream's manager was lost too, its successor knows of no other silo's past: those rows are empty.
        Assert.Contains(columns, static c => c.Owners.Distinct().Count() == 2 || c.Rows.Contains(0));
        Assert.Equal((Shards, 1), (columns[^1].Shards, columns[^1].Owners.Distinct().Count()));
        Assert.DoesNotContain(columns[^1].Owners, o => o.Contains(other.Silo.ToString(), StringComparison.Ordinal));
        Assert.True(columns[^1].Sum > 0);
    }

    private async Task<SiloCluster> CreateAsync()
    {
        Needs.NodePackages();
        Needs.Chromium();
        return await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}={Shards}"]);
    }

    private static string Place(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>The address in the name of a silo, such as <c>S127.0.0.1:11111:154380298</c>.</summary>
    private static string AddressOf(string silo) => silo[1..silo.LastIndexOf(':')];

    private static IReadOnlyList<string> Texts(JsonNode list) => [.. list.AsArray().Select(static t => (string)t!)];
}
