namespace Orleans.Kpl.Cli.Tests.Ready;

/// <remarks>Tests <see cref="Cli.Ready.ReadyVerb"/>.</remarks>
public sealed class ReadyVerbTests
{
    private const string Joining = """{"error_code":"NotReady","error_message":"the silo has not joined its cluster yet"}""";

    [Fact]
    public async Task Ready_OfATierThatIs_SaysNothingAndEndsWithZero()
    {
        await using var tier = await FakeTier.StartAsync(200, """{"ok":true,"degraded":true}""");
        var run = await CliRun.RunAsync("ready", "--tier", tier.Url);
        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Error));
        Assert.Equal("/health/ready", Assert.Single(tier.Requests).Path);
    }

    [Theory]
    [InlineData(503, Joining, "the silo has not joined its cluster yet")]
    [InlineData(404, "<html>", "it answers, but not as a tier: 404")]
    [InlineData(404, """{"status":404,"error":"Not Found"}""", "it answers, but not as a tier: 404")]
    public async Task Ready_OfATierThatIsNot_SaysWhyAndEndsWithOne(int status, string body, string told)
    {
        await using var tier = await FakeTier.StartAsync(status, body);
        var run = await CliRun.RunAsync("ready", "--tier", tier.Url);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"kpl: the tier at {tier.Url}/ is not ready: {told}", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Ready_WhereNobodyListens_EndsWithOne()
    {
        var run = await CliRun.RunAsync("ready", "--tier", "http://127.0.0.1:1");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("kpl: the tier at http://127.0.0.1:1/ is not ready: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task Ready_WithTimeToWait_AsksEverySecondUntilTheTierIsReady_OrTheTimeIsUp(bool isReadyInTime, int exitCode)
    {
        var asked = 0;
        await using var tier = await FakeTier.StartAsync((_, context) => ++asked == 4 && isReadyInTime
            ? FakeTier.RespondAsync(context, 200, "{}") : FakeTier.RespondAsync(context, 503, Joining));
        var run = await CliRun.RunAsync(Stream.Null, ["ready", "--tier", tier.Url, "--wait", "3"], time: new PromptTime());
        Assert.Equal((exitCode, 4), (run.ExitCode, asked));
    }

    [Fact]
    public async Task Ready_WithATimeThatIsNone_EndsWithTwo() =>
        (await CliRun.RunAsync("ready", "--wait", "-1")).AssertError(2, "--wait: -1 is not from 0 to 86400");
}
