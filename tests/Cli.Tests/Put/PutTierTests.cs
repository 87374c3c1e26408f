using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Cli.Tests.Put;

/// <remarks>Tests <see cref="Cli.Put.PutVerb"/>, <see cref="Cli.Tier.TierTarget"/>.</remarks>
public sealed class PutTierTests
{
    [Fact]
    public async Task Put_OfLines_SendsTheirBytesInBase64_FiveHundredAtMost()
    {
        await using var tier = await FakeTier.StartAsync();
        byte[] odd = [0xff, 0x00, (byte)'\r', (byte)'x', (byte)'\r', (byte)'\n', (byte)'\n', (byte)'z'];

        var run = await CliRun.RunAsync([.. odd, .. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1200).Select(i => $"\n{i}")))],
            ["put", "--tier", tier.Url, "--stream", "s-1", "--json"]);

        Assert.Equal((0, 1203L), (run.ExitCode, run.LastJson.GetProperty("delivered").GetInt64()));
        Assert.All(tier.Requests, request =>
        {
            Assert.Equal("/streams/s-1/records?ack=delivered&routing=even", request.Path);
            Assert.Equal("application/vnd.kpl.records+ndjson", request.Type);
            Assert.InRange(request.Body.Count(static c => c == '\n'), 1, 500);
        });
        var records = tier.Lines.Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(records.Count, records.Select(record => record.GetProperty("partition_key").GetString()).Distinct().Count());
        Assert.All(records, record => Assert.Equal(36, record.GetProperty("partition_key").GetString()!.Length));
        var data = records.Select(record => record.GetProperty("data").GetBytesFromBase64()).ToList();
        Assert.Equal(1203, data.Count);
        Assert.Contains(data, bytes => bytes.AsSpan().SequenceEqual(odd.AsSpan(0, 4)));
        Assert.Contains(data, bytes => bytes.Length == 0);
    }

    /// <summary>The mark that editors put at the beginning of a file made its first line no JSON. Of lines of text it is a part.</summary>
    [Theory]
    [InlineData("ndjson", "")]
    [InlineData("lines", "\uFEFF")]
    public async Task Put_OfAFileWithAByteOrderMark_PutsItsFirstLine(string format, string mark)
    {
        await using var tier = await FakeTier.StartAsync();
        var run = await CliRun.RunAsync("\uFEFF{\"k\":\"a\"}\n", ["put", "--format", format, "--tier", tier.Url]);
        Assert.Equal(0, run.ExitCode);
        var line = JsonDocument.Parse(Assert.Single(tier.Lines)).RootElement;
        var data = line.TryGetProperty("payload", out var json) ? json.GetRawText() : line.GetProperty("data").GetBytesFromBase64().Text();
        Assert.Equal(mark + "{\"k\":\"a\"}", data);
    }

    [Fact]
    public async Task Put_WhenTheStreamSpills_CountsWhatTheBacklogHas()
    {
        await using var tier = await FakeTier.StartAsync(200, $"{FakeTier.Delivered}\n{FakeTier.Persisted}\n");

        var run = await CliRun.RunAsync("1\n2", ["put", "--tier", tier.Url, "--json"]);

        run.AssertError(0, "2 records: 1 delivered, 1 in the backlog, to be delivered from there, 0 failed");
        Assert.Equal(["records", "delivered", "failed", "persisted", "seconds"], run.LastJson.EnumerateObject().Select(p => p.Name));
    }

    /// <summary>A key that somebody chose goes by itself.</summary>
    [Theory]
    [InlineData("--key", "one")]
    [InlineData("--format", "ndjson", "--key-field", "id")]
    public async Task Put_WithAKey_LetsItChooseTheShard(params string[] key)
    {
        await using var tier = await FakeTier.StartAsync();

        await CliRun.RunAsync("""{"id":"a"}""", ["put", "--tier", tier.Url, .. key]);

        Assert.Equal("/streams/events/records?ack=delivered", Assert.Single(tier.Requests).Path);
    }

    /// <summary>Nothing let <c>kpl put</c> use a tier's backlog: what came while Kinesis was away failed as Expired.</summary>
    [Fact]
    public async Task Put_WithAckPersisted_EndsInTheBacklogWhileKinesisIsAway()
    {
        await using var tier = await FakeTier.StartAsync(200, $"{FakeTier.Persisted}\n{FakeTier.Persisted}\n");

        var run = await CliRun.RunAsync("1\n2", ["put", "--tier", tier.Url, "--ack", "persisted"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("/streams/events/records?ack=persisted&routing=even", Assert.Single(tier.Requests).Path);
        Assert.Contains("2 records: 0 delivered, 2 in the backlog, to be delivered from there, 0 failed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_WithAckPersisted_WhereTheTierHasNoBacklog_SaysWhatGivesItOne()
    {
        await using var tier = await FakeTier.StartAsync(400, """{"error_code":"NotSupported","error_message":"needs --data"}""");
        var run = await CliRun.RunAsync("1\n2", ["put", "--tier", tier.Url, "--ack", "persisted"]);
        Assert.Equal((2, $"kpl: the tier {tier.Url}/ cannot do that: needs --data"), (run.ExitCode, run.Error.Trim()));
    }

    [Fact]
    public async Task Put_OfNdjson_SendsEachLineAsItsPayload_BadLinesFailAlone()
    {
        await using var tier = await FakeTier.StartAsync();

        var run = await CliRun.RunAsync(
            "{\"id\":\"a\",\"x\":{ \"y\": 1 }}\r\n\nnope\n{\"x\":2}\n{\"id\":7}", ["put", "-", "--tier", tier.Url, "--format", "ndjson", "--key-field", "id", "--json"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("application/x-ndjson", Assert.Single(tier.Requests).Type);
        Assert.Equal(
            ["""{"partition_key":"a","payload":{"id":"a","x":{ "y": 1 }}}""", """{"partition_key":"7","payload":{"id":7}}"""], tier.Lines);
        Assert.Equal(
            (4, 2, 2), (run.LastJson.GetProperty("records").GetInt32(), run.LastJson.GetProperty("delivered").GetInt32(), run.LastJson.GetProperty("failed")
                .GetInt32()));
        Assert.Contains("kpl: line 3: InvalidJson", run.Error, StringComparison.Ordinal);
        Assert.Contains("kpl: line 4: InvalidPartitionKey: the line has no field 'id' at its top", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A hundred of them in one request had the tier refuse the good ones beside them.</summary>
    [Fact]
    public async Task Put_OfKeysThatNoRecordMayHave_NeverBringsThemToTheTier()
    {
        await using var tier = await FakeTier.StartAsync();
        var unfit = string.Join('\n', Enumerable.Repeat($$"""{"id":"{{new string('k', 257)}}"}""", 100));
        var fit = $$"""{"id":"{{new string('k', 256)}}"}""";

        var run = await CliRun.RunAsync($"{unfit}\n{fit}\n{{\"id\":\"\"}}", ["put", "--tier", tier.Url, "--format", "ndjson", "--key-field", "id", "--json"]);

        Assert.Single(tier.Lines);
        Assert.Equal((1, 101), (run.LastJson.GetProperty("delivered").GetInt32(), run.LastJson.GetProperty("failed").GetInt32()));
        Assert.Contains("kpl: line 1: InvalidPartitionKey: the partition key has 257 UTF-16 code units", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_OfNdjsonThatAPayloadCannotCarry_SendsBase64()
    {
        await using var tier = await FakeTier.StartAsync();
        Assert.Equal(0, (await CliRun.RunAsync(" 5\n6", ["put", "--tier", tier.Url, "--format", "ndjson", "--key", "k"])).ExitCode);
        Assert.Equal(["""{"partition_key":"k","data":"IDU="}""", """{"partition_key":"k","data":"Ng=="}"""], tier.Lines);
    }

    /// <summary>Nothing was said of the lines that had been delivered.</summary>
    [Fact]
    public async Task Put_OfAFileThatCannotBeReadToItsEnd_SaysWhatWasDelivered()
    {
        await using var tier = await FakeTier.StartAsync();

        var run = await CliRun.RunAsync(new BrokenInput("a\nb\nc"u8.ToArray()), ["put", "--tier", tier.Url, "--json"]);

        run.AssertError(3, "2 records: 2 delivered, 0 failed", "kpl: the input cannot be read to its end: Input/output error");
        Assert.Equal(2, run.LastJson.GetProperty("delivered").GetInt32());
    }

    [Fact]
    public async Task Put_WhenTheTierFailsRecords_PrintsTheFirstAndCountsAll()
    {
        const string Failed = """{"status":"failed","error_code":"Expired","error_message":"too late"}""";
        await using var tier = await FakeTier.StartAsync(static (request, context) =>
            FakeTier.RespondAsync(
                context, 200, string.Concat(
                request.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((_, i) => (i == 0 ? FakeTier.Delivered : Failed) + "\n"))));

        var run = await CliRun.RunAsync(string.Join('\n', Enumerable.Range(0, 40)), ["put", "--tier", tier.Url]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(10, run.Error.Split("too late").Length - 1);
        Assert.Contains("40 records: 1 delivered, 39 failed (39 Expired)", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("{\"status\":\"delivered\"}\n{\"status\":\"delivered\"}\n{\"status\":\"delivered\"}\n")]
    public async Task Put_WhenTheAnswerIsNoResultForEach_FailsTheRecords(string answer)
    {
        await using var tier = await FakeTier.StartAsync(200, answer);
        var run = await CliRun.RunAsync("a\nb", ["put", "--tier", tier.Url, "--json"]);
        Assert.Equal((1, 2), (run.ExitCode, run.LastJson.GetProperty("failed").GetInt32()));
    }
}
