using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cluster.Tests.Quotas;

/// <summary>Three silos hold one identity to its quota together, and know of a ban soon.</summary>
[Trait("Category", "Long")]
public sealed class SharedQuotaTests(DynamoDbLocal dynamoDb)
{
    private const int Rate = 1_000;
    private const int RecordsOfARequest = 20;
    private const int AtOnce = 2;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly string Orders = ApiKeyText.Create();
    private static readonly string Root = ApiKeyText.Create();
    private static readonly string Records = string.Concat(Enumerable.Repeat("""{"partition_key":"k","payload":1}""" + "\n", RecordsOfARequest));

    [PosixFact]
    public async Task Quota_OfThreeSilos_IsKeptWithinATenth_AndABanIsInForceOnAllWithinFiveSeconds()
    {
        using var folder = new DeployedFolder();
        var identities = folder.Write("identities.json", Identities());
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=4"], $"--Kpl:Http:Identities={identities}");
        var silos = await cluster.StartSilosAsync(3);
        ConcurrentBag<(double At, int Records)> taken = [];
        using var stop = new CancellationTokenSource(Window + TimeSpan.FromSeconds(2));
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(silos.SelectMany(s => Enumerable.Range(0, AtOnce).Select(_ => PutAsync(s, clock, taken, stop.Token))));

        // What is under way at the edges of a window may count on either side of them.
        var most = MostIn(taken, Window);
        Assert.InRange(most, 0.8 * Rate * 10, (1.1 * Rate * 10) + (3 * (AtOnce + 1) * RecordsOfARequest));

        clock.Restart();
        Assert.Equal(200, (int)(await SendAsync(silos[0], "/admin/identities/orders/ban", Root, """{"for":"1h"}""")).Status);
        foreach (var silo in silos)
            await Waiting.UntilAsync(async () => (await SendAsync(silo, "/streams/events/records?ack=accepted", Orders, Records)).Status == 403);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));

        // A silo that starts meanwhile hears of it from the others.
        var late = await cluster.StartSiloAsync();
        await Waiting.UntilAsync(async () => (await SendAsync(late, "/streams/events/records?ack=accepted", Orders, Records)).Status == 403);
        Assert.Equal(200, (await SendAsync(late, "/admin/identities/orders/restore", Root, "")).Status);
        foreach (var silo in silos)
            await Waiting.UntilAsync(async () => (await SendAsync(silo, "/streams/events/records?ack=accepted", Orders, Records)).Status != 403);
    }

    private static async Task PutAsync(SiloProcess silo, Stopwatch clock, ConcurrentBag<(double, int)> taken, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (status, text) = await SendAsync(silo, "/streams/events/records?ack=accepted", Orders, Records);
            Assert.True(status is 202 or 429, $"{status}: {text}");
            if (status == 202)
                taken.Add((clock.Elapsed.TotalSeconds, RecordsOfARequest));
            else
                await Task.Delay(Pause, CancellationToken.None);
        }
    }

    private static double MostIn(IEnumerable<(double At, int Records)> taken, TimeSpan window)
    {
        var all = taken.OrderBy(static t => t.At).ToList();
        return all.Max(first => all.Where(t => t.At >= first.At && t.At < first.At + window.TotalSeconds).Sum(static t => (double)t.Records));
    }

    private static async Task<(int Status, string Text)> SendAsync(SiloProcess silo, string path, string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        var isAdministration = path.StartsWith("/admin/", StringComparison.Ordinal);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(isAdministration ? "application/json" : "application/x-ndjson");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await silo.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string Identities()
    {
        var orders = Identity("orders", Orders, "produce", "events");
        orders["quota"] = new JsonObject { ["records_per_second"] = Rate };
        return new JsonObject { ["identities"] = new JsonArray(orders, Identity("root", Root, "administer", "*")) }.ToJsonString();
    }

    private static JsonObject Identity(string id, string key, string role, string streams) => new()
    {
        ["id"] = id,
        ["grants"] = new JsonArray(new JsonObject { ["role"] = role, ["streams"] = streams }),
        ["api_keys"] = new JsonArray(new JsonObject { ["id"] = ApiKeyText.FindId(key), ["sha256"] = Convert.ToHexString(ApiKeyText.HashOf(key)) }),
    };
}
