namespace Orleans.Kpl.Cli.Tests.Admin;

/// <remarks>Tests <see cref="Cli.Admin.IdentityVerb"/>, <see cref="Cli.Admin.IdentityTables"/> and <see cref="Cli.Commands.IdentityCommands"/>.</remarks>
public sealed class IdentityVerbTests
{
    private const string Orders = """
        "identity":"orders","banned":true,"grants":["produce:orders"],"quota":{"requests_in_flight":256,"body_bytes_in_flight":67108864,"records_per_second":20000,"bytes_per_second":null},"overrides":[{"kind":"ban","until":"2026-01-02T03:04:05+00:00","by":"root"}]
        """;

    [Fact]
    public async Task List_ShowsQuotasAndWhatHoldsForAWhile()
    {
        await using var tier = await FakeTier.StartAsync(200, $$"""{"identities":[{{{Orders}}}]}""");

        var text = await CliRun.RunAsync("identities", "--tier", tier.Url);
        var json = await CliRun.RunAsync("identities", "list", "--tier", tier.Url, "--json");

        Assert.Equal((0, 0), (text.ExitCode, json.ExitCode));
        Assert.Contains("orders    banned               256          67,108,864     20,000           ban by root until 2026-01-02 03:04:05Z\n", text.Text, StringComparison.Ordinal);
        Assert.Equal("orders", json.LastJson.GetProperty("identities")[0].GetProperty("identity").GetString());
        Assert.All(tier.Requests, static r => Assert.Equal("/admin/identities", r.Path));
    }

    [Theory]
    [InlineData("/admin/identities/orders/ban", """{"for":"24h"}""", "ban", "orders", "--for", "24h")]
    [InlineData("/admin/identities/orders/quota", """{"for":"2h","records_per_second":9,"bytes_per_second":7}""",
        "quota", "orders", "--for", "2h", "--set", "records_per_second=9", "--set", "bytes_per_second=7")]
    [InlineData("/admin/identities/orders/restore", "{}", "restore", "orders")]
    public async Task Act_AsksTheTier_AndNamesSilosThatDoNotKnowYet(string path, string body, params string[] arguments)
    {
        await using var tier = await FakeTier.StartAsync(200, $$"""{{{Orders}},"told":["10.0.0.2:1@2"],"not_told":["10.0.0.3:1@3"]}""");

        var run = await CliRun.RunAsync(["identities", .. arguments, "--tier", tier.Url]);

        run.AssertOutput(0, "not told yet: 10.0.0.3:1;");
        Assert.Equal((path, body), (tier.Requests.Single().Path, tier.Requests.Single().Body));
    }

    [Theory]
    [InlineData("--for", "ban", "orders")]
    [InlineData("--set: 'records=9' is not NAME=NUMBER", "quota", "orders", "--for", "2h", "--set", "records=9")]
    [InlineData("IDENTITY", "restore")]
    public async Task Act_WithoutWhatItNeeds_AsksNobody(string part, params string[] arguments)
    {
        await using var tier = await FakeTier.StartAsync();

        var run = await CliRun.RunAsync(["identities", .. arguments, "--tier", tier.Url]);

        run.AssertError(2, part);
        Assert.Empty(tier.Requests);
    }
}
