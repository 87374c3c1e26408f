using System.Text.Json;

namespace Orleans.Kpl.Cli.Tests.Check;

public sealed class CheckVerbTests
{
    [Fact]
    public async Task Check_OfAStreamThatIsThere_TellsEachQuestion_AndPutsNothing()
    {
        await using var endpoint = await Endpoint.StartAsync();

        var text = await CliRun.RunAsync("check", "--endpoint", endpoint.Url);
        var json = await CliRun.RunAsync("check", "--endpoint", endpoint.Url, "--json");

        Assert.Equal((0, 0, ""), (text.ExitCode, json.ExitCode, text.Error));
        foreach (var question in new[] { "credentials", "endpoint", "stream events", "kinesis:PutRecords of events", "limits of events" })
            Assert.Contains(text.Lines, line => line.StartsWith("passed ", StringComparison.Ordinal) && line.Contains($" {question}: ", StringComparison.Ordinal));
        Assert.True(json.LastJson.GetProperty("ok").GetBoolean());
        Assert.Equal(text.Lines.Length, json.LastJson.GetProperty("lines").GetArrayLength());
        Assert.Empty(endpoint.Applied());
    }

    [Fact]
    public async Task Check_OfAStreamThatIsNotThere_SaysWhatToDo_AndEndsWithOne()
    {
        await using var endpoint = await Endpoint.StartAsync();

        var text = await CliRun.RunAsync("check", "--endpoint", endpoint.Url, "--stream", "nope");
        var json = await CliRun.RunAsync("check", "--endpoint", endpoint.Url, "--stream", "nope", "--json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        var line = Assert.Single(text.Lines, static line => line.StartsWith("failed ", StringComparison.Ordinal));
        Assert.Contains("stream nope: ", line, StringComparison.Ordinal);
        Assert.Contains("To do: ", line, StringComparison.Ordinal);
        Assert.False(json.LastJson.GetProperty("ok").GetBoolean());
        var failed = Assert.Single(json.LastJson.GetProperty("lines").EnumerateArray(), static l => l.GetProperty("status").GetString() == "failed");
        Assert.Equal(("stream", "nope"), (failed.GetProperty("name").GetString(), failed.GetProperty("stream").GetString()));
        Assert.NotEqual(JsonValueKind.Null, failed.GetProperty("advice").ValueKind);
    }

    [Fact]
    public async Task Check_WhereNobodyListens_EndsWithOne()
    {
        var run = await CliRun.RunAsync("check", "--endpoint", "http://127.0.0.1:1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(run.Lines, static line => line.StartsWith("failed ", StringComparison.Ordinal) && line.Contains("endpoint: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_WhereAwsEnvironmentNamesTheEndpoints_TellsWhatDecidedEach()
    {
        await using var endpoint = await Endpoint.StartAsync();
        Dictionary<string, string> environment = new()
        {
            ["AWS_ENDPOINT_URL_KINESIS"] = endpoint.Url, ["AWS_ENDPOINT_URL_GLUE"] = "http://glue.example", ["AWS_REGION"] = "eu-west-1",
        };
        var run = await CliRun.RunAsync(Stream.Null, ["check"], environment);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, l => l.Contains($" endpoint: {endpoint.Url.TrimEnd('/')}, from AWS_ENDPOINT_URL_KINESIS, answered within", StringComparison.Ordinal));
        Assert.Contains(run.Lines, static l => l.Contains("; Glue http://glue.example (from AWS_ENDPOINT_URL_GLUE); STS", StringComparison.Ordinal));
        Assert.Contains(run.Lines, static l => l.Contains(" endpoints: CloudWatch https://monitoring.eu-west-1.amazonaws.com (the region's own);", StringComparison.Ordinal));
    }

    /// <summary>Without an endpoint it checks the place that <c>kpl put</c> puts to, as <c>kpl tail</c> reads it.</summary>
    [Fact]
    public async Task Check_WithoutAnEndpoint_ChecksWhereTheTierSends()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await using var tier = await FakeTier.StartAsync(200, $$"""{"endpoint":"{{endpoint.Url}}","region":"eu-west-3"}""");
        var run = await CliRun.RunAsync(Stream.Null, ["check"], new() { ["KPL_TIER"] = tier.Url });
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, static l => l.EndsWith(" region: eu-west-3, from the tier.", StringComparison.Ordinal));
        Assert.Contains("as the tier at", run.Error, StringComparison.Ordinal);
    }
}
