using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tests.Commands;

public sealed class MistypedTests
{
    [Theory]
    [InlineData("help tial", "there is no verb 'tial': did you mean 'tail'?")]
    [InlineData("tial", "there is no verb 'tial': did you mean 'tail'?")]
    [InlineData("tial --stream events --follow", "there is no verb 'tial': did you mean 'tail'?")]
    [InlineData("hist", "there is no verb 'hist': did you mean 'history'?")]
    [InlineData("Put", "there is no verb 'Put': did you mean 'put'?")]
    [InlineData("foo", "there is no verb 'foo': there are put, run, tail, verify, inspect, bench, shards, heat, split, merge, scale, plan, policy, warm, record-limit, mode, cost, history, explain, status, backlog, top, silos, check,")]
    [InlineData("backlog lsit", "there is no backlog verb 'lsit': did you mean 'list'?")]
    [InlineData("status --strem events", "there is no option '--strem': did you mean '--stream'?")]
    [InlineData("put --strem events", "there is no option '--strem': did you mean '--stream'?")]
    [InlineData("put --kee-field=id", "there is no option '--kee-field': did you mean '--key-field'?")]
    [InlineData("tail --unheard-of", "there is no option '--unheard-of'")]
    [InlineData("status orders", "'orders' is one argument too many: did you mean '--stream orders'?")]
    [InlineData("tail -n 3", "there is no option '-n'")]
    [InlineData("put one two", "'two' is one argument too many")]
    [InlineData("policy onn", "'onn' is no mode of the policy: there are off, dry-run, on")]
    [InlineData("completion csh", "there is no script for 'csh': there are bash, zsh, fish, powershell")]
    [InlineData("explain --failure", "--failure needs a value: NUMBER")]
    [InlineData("put --format xml", "--format: 'xml' is none of lines, ndjson")]
    public async Task Words_ThatAreUnknown_AreAnsweredWithTheNearest(string line, string told)
    {
        var run = await CliRun.RunAsync(line.Split(' '));

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.StartsWith($"kpl: {told}", run.Error, StringComparison.Ordinal);
        Assert.Contains("--help'", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("key", "list")]
    public async Task AFile_WithoutItsOption_IsAnsweredWithTheOption(params string[] verb) =>
        (await CliRun.RunAsync([.. verb, "one.yaml"])).AssertError(2, "'one.yaml' is one argument too many: did you mean '--file one.yaml'?");

    [Theory]
    [InlineData("tial", "tail")]
    [InlineData("sta", "status")]
    [InlineData("st", null)]
    [InlineData("s", null)]
    [InlineData("", null)]
    [InlineData("xxxx", null)]
    [InlineData("shard", "shards")]
    public void Nearest_IsNearOrNone(string word, string? nearest) =>
        Assert.Equal(nearest, Mistyped.Nearest(word, ["put", "tail", "status", "shards", "split"]));

    [Fact]
    public async Task NoVerb_IsAnsweredWithTheList()
    {
        var run = await CliRun.RunAsync();

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        foreach (var verb in new[] { "put", "tail", "inspect", "bench", "shards", "status", "backlog", "completion" })
            Assert.Contains($"\n  {verb} ", run.Error, StringComparison.Ordinal);
    }
}
