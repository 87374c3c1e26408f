namespace Orleans.Kpl.Cli.Tests.Commands;

public sealed class KplCommandTests
{
    [Theory]
    [InlineData("--help", "inspect")]
    [InlineData("put --help", "--key-field")]
    [InlineData("put --tier nope --help", "--key-field")]
    [InlineData("tail -h", "--follow")]
    // They ask administration where Kinesis is.
    [InlineData("bench --help", "KPL_ADMIN")]
    [InlineData("tail --help", "KPL_ADMIN")]
    public async Task Help_GoesToStandardOutput(string line, string mentions)
    {
        var run = await CliRun.RunAsync(line.Split(' '));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(mentions, run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "a verb is needed")]
    [InlineData("put --tier ftp://x", "--tier: 'ftp://x'")]
    [InlineData("put --endpoint 127.0.0.1:4567", "--endpoint: '127.0.0.1:4567'")]
    [InlineData("put --tier http://a --endpoint http://b", "exclude each other")]
    [InlineData("put --key a --random", "exclude each other")]
    [InlineData("put --key-field id", "needs --format ndjson")]
    [InlineData("put --stream a/b", "--stream: 'a/b'")]
    [InlineData("put no-such-file", "no-such-file")]
    [InlineData("tail --from tomorrow", "--from: 'tomorrow'")]
    [InlineData("tail --from 2999-01-01", "future")]
    [InlineData("inspect --hex --base64", "exclude each other")]
    [InlineData("inspect no-such-file", "no-such-file")]
    [InlineData("bench --records 0 --size 1", "--records: 0 is not 1 or more")]
    [InlineData("bench --records five --size 1", "--records: 'five' is no whole number, or far too large")]
    [InlineData("scale", "SHARDS is missing")]
    [InlineData("scale many", "SHARDS: 'many' is no whole number")]
    [InlineData("split", "SHARD is missing")]
    [InlineData("split s --wait soon", "--wait: 'soon' is no number")]
    [InlineData("split s --wait 1,5", "--wait: '1,5' is no number")]
    [InlineData("split s --wait 3601", "--wait: 3601 is not from 0 to 3600")]
    [InlineData("split s --wait NaN", "--wait: NaN is not from 0 to 3600")]
    [InlineData("put --stream", "--stream needs a value")]
    [InlineData("put --stream a --stream b", "--stream is given more than once")]
    [InlineData("put .", ".: it is a folder")]
    [InlineData("status --tier 127.0.0.1:8080", "--tier: '127.0.0.1:8080' is no http or https address: did you mean 'http://127.0.0.1:8080'?")]
    [InlineData("status --tier http://a:b@c", "--tier: has a user or a password in it")]
    [InlineData("tail --endpoint a:b@c", "--endpoint: has a user or a password in it")]
    [InlineData("bench --records 1 --size 99999999", "--size: 99999999")]
    [InlineData("bench --records 1 --size 0 --via http", "at least")]
    [InlineData("bench --records 1 --size 00 --via http", "at least")]
    [InlineData("bench --records 1 --size 1 --via pigeon", "pigeon")]
    public async Task BadArguments_EndWithTwo_AndSayWhy(string line, string reason)
    {
        var run = await CliRun.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        run.AssertRefused(2, reason);
        foreach (var foreign in new[] { "System.", "Required argument", "Cannot parse", "Could not find", "Exception" })
            Assert.DoesNotContain(foreign, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-v")]
    [InlineData("version")]
    [InlineData("--version")]
    public async Task Version_IsToldInOneLine(string argument)
    {
        var run = await CliRun.RunAsync(argument);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"^kpl [0-9]+\.[0-9]+\.[0-9]+\S*\r?\n$", run.Text);
    }

    [Fact]
    public async Task BadArguments_AreAllToldAtOnce()
    {
        var run = await CliRun.RunAsync(["put", "--tier", "x", "--stream", "a b", "--key", new string('k', 257), "--key-field", "id", "--format", "lines"]);
        foreach (var reason in new[] { "--tier: 'x'", "--stream: 'a b'", "--key: the partition key", "exclude each other", "needs --format ndjson" })
            Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_GoesToTheTierOfTheEnvironment_WhereNoneIsWritten()
    {
        await using var tier = await FakeTier.StartAsync();
        var run = await CliRun.RunAsync(
            new MemoryStream("a"u8.ToArray()), ["put"], new() { ["KPL_TIER"] = tier.Url, ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1" });
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("/streams/events/records", Assert.Single(tier.Requests).Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_WhenTheTierOfTheEnvironmentIsNoAddress_SaysSo()
    {
        var run = await CliRun.RunAsync(new MemoryStream("a"u8.ToArray()), ["put"], new() { ["KPL_TIER"] = "over there" });
        run.AssertError(2, "KPL_TIER: 'over there'");
    }

    [Fact]
    public async Task Put_ToAStreamByArn_EscapesIt()
    {
        await using var tier = await FakeTier.StartAsync();
        await CliRun.RunAsync("a", ["put", "--tier", tier.Url + "/base/", "--stream", "arn:aws:kinesis:us-east-1:000000000000:stream/s"]);
        Assert.Equal("/base/streams/arn:aws:kinesis:us-east-1:000000000000:stream%2Fs/records?ack=delivered&routing=even", Assert.Single(tier.Requests).Path);
    }
}
