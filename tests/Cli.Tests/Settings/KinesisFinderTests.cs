namespace Orleans.Kpl.Cli.Tests.Settings;

/// <summary>Where <c>kpl put</c> puts by default, <c>kpl tail</c> reads.</summary>
public sealed class KinesisFinderTests
{
    [Fact]
    public async Task Tail_WithoutAnEndpoint_ReadsWhereTheTierSends_AndSaysSo()
    {
        await using var endpoint = await Endpoint.StartAsync();
        Assert.Equal(0, (await endpoint.PutAsync("a")).ExitCode);
        await using var tier = await StartTierAsync($$"""{"endpoint":"{{endpoint.Url}}","region":"eu-west-1"}""");

        var run = await CliRun.RunAsync(Stream.Null, ["tail"], new() { ["KPL_TIER"] = tier.Url, ["AWS_REGION"] = "us-east-2" });

        Assert.Equal((0, "a\n"), (run.ExitCode, run.Text));
        Assert.Contains($"kpl: Kinesis is {endpoint.Url.TrimEnd('/')}, as the tier at {tier.Url} says", run.Error, StringComparison.Ordinal);
        Assert.Equal("/admin/kinesis", Assert.Single(tier.Requests).Path);
    }

    [Fact]
    public async Task Bench_WithoutAnEndpoint_PutsWhereTheTierSends()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await using var tier = await StartTierAsync($$"""{"endpoint":"{{endpoint.Url}}","region":null}""");

        var run = await CliRun.RunAsync(Stream.Null, ["bench", "--records", "10", "--size", "9", "--json"], new() { ["KPL_TIER"] = tier.Url });

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(10, endpoint.Applied().Count());
    }

    [Theory]
    [InlineData("--endpoint")]
    [InlineData("AWS_ENDPOINT_URL_KINESIS")]
    [InlineData("Kpl__Kinesis__EndpointUrl")]
    public async Task Tail_WhereAnEndpointIsNamed_AsksNoTier(string by)
    {
        await using var endpoint = await Endpoint.StartAsync();
        await using var tier = await StartTierAsync("""{"endpoint":"http://127.0.0.1:1"}""");
        var environment = new Dictionary<string, string> { ["KPL_TIER"] = tier.Url };
        if (by[0] != '-')
            environment[by] = endpoint.Url;

        var run = await CliRun.RunAsync(Stream.Null, by[0] == '-' ? ["tail", by, endpoint.Url] : ["tail"], environment);

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(tier.Requests);
    }

    /// <summary>Many a machine behind a proxy has both, and settings could not be read there.</summary>
    [Fact]
    public async Task Tail_WhereTwoVariablesDifferInCaseAlone_Reads()
    {
        await using var endpoint = await Endpoint.StartAsync();
        Assert.Equal(0, (await endpoint.PutAsync("a")).ExitCode);
        var run = await CliRun.RunAsync(
            Stream.Null, ["tail", "--endpoint", endpoint.Url], new() { ["http_proxy"] = "http://127.0.0.1:9", ["HTTP_PROXY"] = "http://127.0.0.1:9" });
        Assert.Equal((0, "a\n"), (run.ExitCode, run.Text));
    }

    [Theory]
    [InlineData(200, "<html>")]
    [InlineData(200, "[]")]
    [InlineData(200, "{\"endpoint\":7}")]
    [InlineData(200, "{\"endpoint\":\"ftp://x\"}")]
    [InlineData(403, "{\"error_code\":\"Forbidden\"}")]
    [InlineData(404, "")]
    // A tier elsewhere serves no administration to any key, and the remedy was a key with another role.
    [InlineData(403, "{\"error_code\":\"Forbidden\",\"error_message\":\"/admin is not served here\"}", "kpl_k7m2w9x4c3ab_0123456789abcdef0123456789abcdef")]
    public async Task Tail_WhereTheTierDoesNotSay_NeedsARegion_AndSaysWhatToDo(int status, string answer, string? key = null)
    {
        await using var tier = await FakeTier.StartAsync(status, answer);
        using var home = new TemporaryFolder();

        var environment = new Dictionary<string, string>
        {
            ["KPL_TIER"] = tier.Url, ["AWS_CONFIG_FILE"] = home.Path + "/none", ["AWS_EC2_METADATA_DISABLED"] = "true",
        };
        if (key is not null)
            environment["KPL_API_KEY"] = key;
        var run = await CliRun.RunAsync(Stream.Null, ["tail"], environment);

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.Contains("Region", run.Error, StringComparison.Ordinal);
        Assert.Contains("--endpoint URL names a local endpoint, such as http://127.0.0.1:4567", run.Error, StringComparison.Ordinal);
        Assert.Contains($"kpl: the tier at {tier.Url} does not say where it sends: Kinesis is AWS's own for the region", run.Error, StringComparison.Ordinal);
    }

    /// <summary>It went on to AWS's own Kinesis, and told of regions and metadata.</summary>
    [Theory]
    [InlineData(401, null)]
    [InlineData(403, "kpl_k7m2w9x4c3ab_0123456789abcdef0123456789abcdef")]
    public async Task Tail_WhereTheTierDoesNotKnowWhoAsks_SaysSo(int status, string? key)
    {
        await using var tier = await FakeTier.StartAsync(status, "{}");
        var environment = new Dictionary<string, string> { ["KPL_TIER"] = tier.Url, ["AWS_REGION"] = "eu-central-1" };
        if (key is not null)
            environment["KPL_API_KEY"] = key;
        var run = await CliRun.RunAsync(Stream.Null, ["tail"], environment);
        run.AssertRefused(3, $"the tier at {tier.Url} does not tell who asks where Kinesis is: set KPL_API_KEY to a key");
    }

    /// <summary>A tier that was named and did not answer was passed over, silently: <c>kpl bench</c> put into the account's own stream.</summary>
    [Theory]
    [InlineData("KPL_TIER", "bench", "--records", "10")]
    [InlineData("KPL_ADMIN", "bench", "--records", "10")]
    [InlineData("KPL_TIER", "tail")]
    [InlineData("KPL_TIER", "check")]
    public async Task Verb_WhoseNamedTierIsAway_WentToAws(string variable, params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            [variable] = "http://127.0.0.1:1", ["AWS_REGION"] = "eu-central-1", ["AWS_ACCESS_KEY_ID"] = "a", ["AWS_SECRET_ACCESS_KEY"] = "b",
        };
        var run = await CliRun.RunAsync(Stream.Null, arguments, environment);
        Assert.Equal((3, ""), (run.ExitCode, run.Text));
        Assert.StartsWith(
            $"kpl: the tier that {variable} names does not tell where Kinesis is, as --endpoint URL does: the tier at http://127.0.0.1:1/ is not reachable: ",
            run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--tier", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Its region's Kinesis was read instead while a silo joined its cluster, and of a redirect nothing was told but that no tier answers.</summary>
    [Theory]
    [InlineData(301, "", "{tier} only leads to http://127.0.0.1:2: name that address")]
    [InlineData(503, "{\"error_code\":\"NotReady\",\"error_message\":\"it joins\"}", "it answers 503: it joins")]
    [InlineData(429, "<html>", "it answers 429: TooManyRequests")]
    public async Task Tail_WhereTheNamedTierDoesNotAnswerNow_SaysWhy(int status, string answer, string told)
    {
        await using var tier = await FakeTier.StartAsync((request, context) =>
        {
            context.Response.Headers.Location = "http://127.0.0.1:2" + request.Path;
            return FakeTier.RespondAsync(context, status, answer);
        });
        var environment = new Dictionary<string, string> { ["KPL_TIER"] = tier.Url, ["AWS_REGION"] = "eu-central-1" };
        var run = await CliRun.RunAsync(Stream.Null, ["tail"], environment);
        run.AssertRefused(3, $"KPL_TIER names does not tell where Kinesis is, as --endpoint URL does: {told.Replace("{tier}", tier.Url, StringComparison.Ordinal)}");
    }

    /// <summary>AWS's own Kinesis was read in its place.</summary>
    [Fact]
    public async Task Tail_WhereTheNamedTierIsAKinesisEndpoint_SaysSo()
    {
        await using var endpoint = await Endpoint.StartAsync();
        var run = await CliRun.RunAsync(Stream.Null, ["tail"], new() { ["KPL_TIER"] = endpoint.Url, ["AWS_REGION"] = "eu-central-1" });
        run.AssertRefused(3, $"{endpoint.Url.TrimEnd('/')} is a Kinesis endpoint, and no tier: --endpoint names one");
    }

    /// <summary>Random records cost money, and their consumers choke on them.</summary>
    [Fact]
    public async Task Bench_WhereTheTierDoesNotSay_WentToAws()
    {
        await using var tier = await FakeTier.StartAsync(403, "{}");
        var environment = new Dictionary<string, string>
        {
            ["KPL_TIER"] = tier.Url, ["AWS_REGION"] = "eu-central-1", ["AWS_ACCESS_KEY_ID"] = "a", ["AWS_SECRET_ACCESS_KEY"] = "b",
        };
        var run = await CliRun.RunAsync(Stream.Null, ["bench", "--records", "10"], environment);
        run.AssertRefused(3, "go to AWS's own Kinesis only where --endpoint names it");
    }

    private static Task<FakeTier> StartTierAsync(string answer) => FakeTier.StartAsync((request, context) =>
        request.Path == "/admin/kinesis" ? FakeTier.RespondAsync(context, 200, answer) : Task.FromResult(false));
}
