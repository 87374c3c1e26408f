using Orleans.Kpl.Http.Dashboard;

namespace Orleans.Kpl.Http.Tests.Dashboard;

/// <remarks>Tests <see cref="RootEndpoint"/>.</remarks>
public sealed class RootEndpointTests
{
    private const string OfABrowser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    [Fact]
    public async Task Get_ByABrowser_LeadsToTheDashboard()
    {
        await using var front = await Front.StartAsync();
        AssertLeadsToTheDashboard(await GetAsync(front.Http.Url, OfABrowser));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("*/*")]
    [InlineData("application/json")]
    public async Task Get_ByAProgram_ListsTheRoutes(string? accept)
    {
        await using var front = await Front.StartAsync();
        var routes = RoutesOf(await GetAsync(front.Http.Url, accept));
        Assert.Contains("POST /streams/{stream}/records", routes);
        Assert.Contains("GET /admin/streams/{stream}/shards", routes);
        Assert.DoesNotContain(routes, static r => r!.StartsWith("HEAD", StringComparison.Ordinal));
    }

    /// <summary>Administration is not served there: a list that named it would be wrong, and a browser would only see a refusal.</summary>
    [Fact]
    public async Task Get_WhereAdministrationIsElsewhere_ListsWhatIsServed_AndThatAddressLeadsToTheDashboard()
    {
        await using var front = await Front.StartAsync(static o => (o.Address, o.AllowAnonymous, o.AdminPort) = ("0.0.0.0", true, 0));
        var port = new Uri(front.Http.Url).Port;
        var served = await GetAsync($"http://127.0.0.1:{port}", OfABrowser);
        Assert.Contains("POST /events", RoutesOf(served));
        Assert.DoesNotContain("/admin", served.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("/dashboard", served.Text, StringComparison.Ordinal);
        AssertLeadsToTheDashboard(await GetAsync(front.Http.AdminUrl!, OfABrowser));

        // It named routes that it answers with 404.
        var routes = RoutesOf(await GetAsync(front.Http.AdminUrl!, "*/*"));
        Assert.DoesNotContain("POST /events", routes);
        Assert.DoesNotContain("POST /", routes);
        Assert.Superset(new HashSet<string?>(["GET /", "GET /health", "GET /admin/streams/{stream}/shards"]), routes.ToHashSet());
    }

    [Theory]
    [InlineData("127.0.0.1", -1, " dashboard={http}/dashboard")]
    [InlineData("127.0.0.1", 0, " admin={admin} dashboard={admin}/dashboard")]
    [InlineData("0.0.0.0", 0, " admin={admin} dashboard={admin}/dashboard")]
    [InlineData("0.0.0.0", -1, "")]
    public async Task Ready_NamesTheDashboard_WhereItIsServed(string address, int adminPort, string expected)
    {
        await using var front = await Front.StartAsync(o => (o.Address, o.AllowAnonymous, o.AdminPort) = (address, address == "0.0.0.0", adminPort));
        Assert.Equal(
            expected.Replace("{http}", front.Http.Url, StringComparison.Ordinal).Replace("{admin}", front.Http.AdminUrl, StringComparison.Ordinal),
            front.Http.ReadySuffix);
    }

    [Theory]
    [InlineData("/nowhere", "nothing is served at /nowhere; GET / lists what is")]
    [InlineData("/orders/confirmed", "nothing is served at /orders/confirmed: /events/confirmed is for the default stream, POST /streams/orders/records for this one")]
    [InlineData("/stream/orders/records", "nothing is served at /stream/orders/records: records of a stream go to POST /streams/orders/records")]
    [InlineData("/streams/orders", "nothing is served at /streams/orders: records of a stream go to POST /streams/orders/records")]
    [InlineData("/a/b/confirmed", "nothing is served at /a/b/confirmed; GET / lists what is")]
    [InlineData("/admin/identities", "this process has no identities: start it with --Kpl:Http:Identities=FILE")]
    public async Task Get_OfNothing_SaysWhatWasProbablyMeant(string path, string message)
    {
        await using var front = await Front.StartAsync();
        var answer = await front.GetAsync(path);
        Assert.Equal((404, message), (answer.Status, answer.Message));
    }

    private static Task<HttpAnswer> GetAsync(string url, string? accept) =>
        HttpAnswer.OfAsync(HttpAnswer.Client, "GET", url, headers: accept is null ? [] : [("Accept", accept)]);

    private static List<string?> RoutesOf(HttpAnswer answer)
    {
        Assert.Equal(200, answer.Status);
        return [.. answer.Json.GetProperty("routes").EnumerateArray().Select(static r => r.GetString())];
    }

    private static void AssertLeadsToTheDashboard(HttpAnswer answer) =>
        Assert.Equal((302, "/dashboard"), (answer.Status, answer.Headers["Location"]));
}
