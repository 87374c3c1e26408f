using System.Text.Json;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Cli.Runs;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run;
using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Cli.Tests.Runs;

/// <remarks>Tests <see cref="RunVerb"/>, <see cref="RunSink"/> and <see cref="RunTargets"/>.</remarks>
public sealed class RunVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_OfStandardInput_PutsEachLineChanged_UnderItsKey()
    {
        await using var endpoint = await Endpoint.StartAsync();
        _folder.Write("run.yaml", $$"""
            processors: [ parse_json, delete: secret, set: { site: "${SITE:-south}" } ]
            output:
              aws_kinesis: { stream_name: {{Endpoint.Stream}}, partition_key: user.id, endpoint_url: "{{endpoint.Url}}", batch: { size: 900 } }
            """);

        var run = await CliRun.RunAsync(
            new MemoryStream("{\"user\":{\"id\":\"u-1\"},\"secret\":1}\n\nno json\n{\"user\":{\"id\":7}}\n{\"n\":1}"u8.ToArray()), ["run", "-f", "run.yaml", "--json"],
            new() { ["SITE"] = "north" }, _folder.Path);

        Assert.Equal((1, 4, 3, 1), (run.ExitCode, Count(run, "records"), Count(run, "delivered"), Count(run, "failed")));
        var applied = endpoint.Applied().OrderBy(static record => record.Data, StringComparer.Ordinal).ToList();
        string[] expected = ["""{"n":1,"site":"north"}""", """{"user":{"id":"u-1"},"site":"north"}""", """{"user":{"id":7},"site":"north"}"""];
        Assert.Equal(expected, applied.Select(static record => record.Data));
        Assert.Equal(("u-1", "7", 36), (applied[1].Key, applied[2].Key, applied[0].Key.Length));
        Assert.Contains("run.yaml:3:", run.Error, StringComparison.Ordinal); // The warning about batch.size.
        Assert.Contains("InvalidRecord: parse_json: the record is not JSON", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 record had no field of partition_key", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Nothing was said of the records that had been delivered.</summary>
    [Fact]
    public async Task Run_OfStandardInputThatCannotBeReadToItsEnd_SaysWhatWasDelivered()
    {
        await using var endpoint = await Endpoint.StartAsync();
        _folder.Write("run.yaml", $"output: {{ aws_kinesis: {{ stream_name: {Endpoint.Stream}, endpoint_url: '{endpoint.Url}' }} }}");
        var run = await CliRun.RunAsync(new BrokenInput("a\nb\nc"u8.ToArray()), ["run", "-f", "run.yaml"], directory: _folder.Path);
        run.AssertError(3, "2 records: 2 delivered, 0 failed", "kpl: the input cannot be read to its end: Input/output error");
    }

    /// <summary>It was told that Kinesis is where the environment says, while the records went where the file says.</summary>
    [Fact]
    public async Task Run_WhoseFileNamesTheEndpoint_SaysNothingOfTheEnvironments()
    {
        await using var endpoint = await Endpoint.StartAsync();
        _folder.Write("run.yaml", $"output: {{ aws_kinesis: {{ stream_name: {Endpoint.Stream}, endpoint_url: '{endpoint.Url}' }} }}");
        var run = await CliRun.RunAsync(
            new MemoryStream("a"u8.ToArray()), ["run", "-f", "run.yaml"], new() { ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1" }, _folder.Path);
        Assert.Equal((0, "a"), (run.ExitCode, Assert.Single(endpoint.Applied()).Data));
        Assert.DoesNotContain("AWS_ENDPOINT_URL", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OfAFileWithMistakes_TellsAll_AndPutsNothing()
    {
        _folder.Write("run.yaml", "input: kafka\nprocessors: [jump]\noutput: { aws_kinesis: { batch: { size: x } } }\n");
        var run = await CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml"], directory: _folder.Path);
        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        string[] places = ["run.yaml:1:8: input.kafka: is no input of kpl: ", "run.yaml:2:14: processors[0].jump: ", "stream_name is missing", "run.yaml:3:41: output.aws_kinesis.batch.size: 'x' is no whole number"];
        Assert.All(places, place => Assert.Contains(place, run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_OfAFile_OpensNothing()
    {
        _folder.Write("run.yaml", "input: { file: { path: none } }\nprocessors: [parse_json, gzip]\noutput: { aws_kinesis: { stream_name: s, endpoint_url: 'http://127.0.0.1:1' }, fallback: { file: failed } }\n");
        _folder.Write("bad.yaml", "output: {}");

        var good = await CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml", "--check"], directory: _folder.Path);
        var bad = await CliRun.RunAsync(Stream.Null, ["run", "-f", "bad.yaml", "--check"], directory: _folder.Path);
        var missing = await CliRun.RunAsync(Stream.Null, ["run", "-f", "none.yaml", "--check"], directory: _folder.Path);

        Assert.Equal((0, "run.yaml: file -> parse_json -> gzip -> aws_kinesis, stream s\n", ""), (good.ExitCode, good.Text, good.Error));
        Assert.Equal((2, 2), (bad.ExitCode, missing.ExitCode));
        Assert.Contains("none.yaml: ", missing.Error, StringComparison.Ordinal);
        Assert.Equal(["bad.yaml", "run.yaml"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    /// <summary>A record that names a stream which is not there harms no other; each goes to the fallback with its reason.</summary>
    [Fact]
    public async Task Run_WithStreamsOfAField_SendsEachToItsOwn_AndKeepsWhatFails()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await endpoint.Kinesis.CreateStreamAsync("clicks", 1);
        _folder.Write("run.yaml", $$"""
            output:
              aws_kinesis: { stream_name: {{Endpoint.Stream}}, stream_field: to, hash_key: h, endpoint_url: "{{endpoint.Url}}", batch: { duration: 10ms } }
              fallback: { file: failed.ndjson }
            """);

        var run = await CliRun.RunAsync(
            new MemoryStream("{\"to\":\"clicks\"}\n{\"to\":\"nowhere\",\"h\":5}\n{\"h\":9}\n{\"to\":\"no stream!\"}"u8.ToArray()), ["run", "-f", "run.yaml", "--json"],
            directory: _folder.Path);

        Assert.Equal((1, 2, 2, 2), (run.ExitCode, Count(run, "delivered"), Count(run, "failed"), Count(run, "kept")));
        // Once, in the run's own words.
        Assert.DoesNotContain("was not delivered", run.Error, StringComparison.Ordinal);
        Assert.Equal(["""{"h":9}"""], endpoint.Applied().Select(static record => record.Data));
        Assert.Single(endpoint.Kinesis.GetApplied("clicks"));
        var kept = File.ReadAllLines(Path.Combine(_folder.Path, "failed.ndjson")).Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["InvalidStream", "ResourceNotFoundException"], kept.Select(static line => line.GetProperty("error_code").GetString()).Order(StringComparer.Ordinal));
        var stray = kept.Single(static line => line.TryGetProperty("stream", out var named) && named.GetString() == "nowhere");
        Assert.DoesNotContain("null", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "failed.ndjson")), StringComparison.Ordinal);
        Assert.Equal(("{\"to\":\"nowhere\",\"h\":5}", "5"), (stray.GetProperty("data").GetBytesFromBase64().Text(), stray.GetProperty("explicit_hash_key").GetString()));
    }

    /// <summary>A full disk had cut a line off, and the first record of the next run was added to it.</summary>
    [Fact]
    public async Task Run_WhoseFallbackEndsInsideALine_BeginsANewOne()
    {
        await using var tier = await FakeTier.StartAsync();
        _folder.Write("run.yaml", $"processors: [ parse_json ]\noutput: {{ tier: {{ stream_name: s, url: '{tier.Url}' }}, fallback: {{ file: failed }} }}");
        var path = _folder.Write("failed", "{\"stream\":\"s\",\"da");
        var run = await CliRun.RunAsync(new MemoryStream("no json\nnor this\n"u8.ToArray()), ["run", "-f", "run.yaml"], directory: _folder.Path);
        Assert.Equal(1, run.ExitCode);
        var lines = await File.ReadAllLinesAsync(path);
        Assert.All(lines[1..], static line => Assert.Equal("s", JsonDocument.Parse(line).RootElement.GetProperty("stream").GetString()));
        Assert.Equal(["no json", "nor this"], lines[1..].Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("data").GetBytesFromBase64().Text()));
    }

    /// <summary>Everybody could read what is in the records, other than in the backlog's files.</summary>
    [Testing.PosixFact]
    public async Task Run_MakesAFallbackAndACheckpoint_ThatOnlyItsUserReads()
    {
        await using var tier = await FakeTier.StartAsync();
        _folder.Write("a.log", "no json\n");
        _folder.Write("run.yaml", $$"""
            input: { file: { path: a.log, checkpoint: positions.json } }
            processors: [ parse_json ]
            output: { tier: { stream_name: s, url: '{{tier.Url}}' }, fallback: { file: failed } }
            """);
        await CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml"], directory: _folder.Path);
        foreach (var name in (string[])["failed", "positions.json"])
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.Path, name)));
        }
    }

    /// <summary>They advised --tier and --endpoint, which a run does not have.</summary>
    [Theory]
    [InlineData("tier: { stream_name: s }", 3, "is not reachable: ", "; 'url' of output.tier names another, as KPL_TIER does")]
    [InlineData("aws_kinesis: { stream_name: s }", 2, "Region: is not set", " 'endpoint_url' of output.aws_kinesis names a local endpoint")]
    [InlineData("aws_kinesis: { stream_name: s, region: eu-west-1 }", 3, "no credentials for ", "; 'endpoint_url' of output.aws_kinesis names a local endpoint")]
    public async Task Run_WhoseOutputIsNotThere_SaysWhatOfItsFileNamesAnother(string output, int exitCode, params string[] told)
    {
        _folder.Write("run.yaml", $"output: {{ {output} }}");
        var environment = new Dictionary<string, string>
        {
            ["AWS_CONFIG_FILE"] = _folder.Path + "/none", ["AWS_SHARED_CREDENTIALS_FILE"] = _folder.Path + "/none", ["AWS_EC2_METADATA_DISABLED"] = "true",
        };
        var run = await CliRun.RunAsync(new MemoryStream("a"u8.ToArray()), ["run", "-f", "run.yaml"], environment, _folder.Path);
        run.AssertError(exitCode, told);
        Assert.DoesNotContain("--", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A record's text cleared the screen of who watched the run, and told of records that there were not.</summary>
    [Fact]
    public async Task Run_OfARecordWithControls_TellsOfItWithout()
    {
        _folder.Write("run.yaml", "output: { tier: { stream_field: to, url: 'http://127.0.0.1:9' } }");
        var run = await CliRun.RunAsync(
            new MemoryStream("{\"to\":\"\\u001b[2J\\nkpl: 9 records\"}"u8.ToArray()), ["run", "-f", "run.yaml"], directory: _folder.Path);
        run.AssertError(1, "kpl: record 1: InvalidStream: '·[2J·kpl: 9 records' is not a stream's name");
    }

    /// <summary>It stood there as a record without data, and whoever put the file again put that.</summary>
    [Fact]
    public async Task Run_OfALineThatIsTooLongToBeRead_KeepsWhyItFailed_AndNoData()
    {
        await using var tier = await FakeTier.StartAsync();
        _folder.Write("run.yaml", $"output: {{ tier: {{ stream_name: s, url: '{tier.Url}' }}, fallback: {{ file: failed }} }}");

        var run = await CliRun.RunAsync(new MemoryStream(new byte[LineReader.LongestRecord + 1]), ["run", "-f", "run.yaml", "--json"], directory: _folder.Path);

        Assert.Equal((1, 1), (run.ExitCode, Count(run, "failed")));
        Assert.False(run.LastJson.TryGetProperty("kept", out _));
        var kept = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "failed")))).RootElement;
        Assert.Equal(("s", "RecordTooLarge"), (kept.GetProperty("stream").GetString(), kept.GetProperty("error_code").GetString()));
        Assert.False(kept.TryGetProperty("data", out _));
    }

    /// <summary>With standard error on the same full disk, it waited for ever.</summary>
    [Theory]
    [InlineData("[]", false)]
    [InlineData("[parse_json]", false)]
    [InlineData("[]", true)]
    public async Task Run_WhoseFallbackAndErrorsCannotBeWritten_EndsWithThree(string processors, bool isClosed)
    {
        const string refused = """{"status":"failed","attempts":1,"error_code":"RecordTooLarge","error_message":"over"}""" + "\n";
        await using var tier = await FakeTier.StartAsync(200, refused);
        _folder.Write("run.yaml", $"processors: {processors}\noutput: {{ tier: {{ stream_name: s, url: '{tier.Url}' }}, fallback: {{ file: . }} }}");
        // .NET tells of a file descriptor that is closed so.
        await using var full = new FullOutput(isClosed ? new UnauthorizedAccessException("Bad file descriptor") : new IOException("No space left on device"));
        var run = await CliRun.RunAsync(new MemoryStream("no json\n"u8.ToArray()), ["run", "-f", "run.yaml"], directory: _folder.Path, errors: full)
            .WaitAsync(Testing.Waiting.Long);
        Assert.Equal(3, run.ExitCode);
    }

    [Fact]
    public async Task Run_ToAStreamThatIsNotThere_EndsWithThree()
    {
        await using var endpoint = await Endpoint.StartAsync();
        _folder.Write("run.yaml", $"output: {{ aws_kinesis: {{ stream_name: nowhere, endpoint_url: '{endpoint.Url}' }} }}");
        (await CliRun.RunAsync(new MemoryStream("a"u8.ToArray()), ["run", "-f", "run.yaml"], directory: _folder.Path)).AssertError(3, "nowhere");
    }

    /// <summary>429 says that nothing was taken: however long that lasts, it is waited out.</summary>
    [Fact]
    public async Task Run_ToATierThatIsFull_WaitsItOut()
    {
        await using var tier = await FakeTier.StartRefusingOnceAsync(429, "Throttled");
        _folder.Write("run.yaml", $"output: {{ tier: {{ stream_name: s-1, url: '{tier.Url}', partition_key: {{ static: k }}, hash_key: {{ static: '5' }} }} }}");

        var run = await CliRun.RunAsync(new MemoryStream("{\"a\":1}"u8.ToArray()), ["run", "-f", "run.yaml"], directory: _folder.Path);

        Assert.Equal(0, run.ExitCode);
        var line = JsonDocument.Parse(tier.Requests.Last().Body).RootElement;
        Assert.Equal(("k", "5"), (line.GetProperty("partition_key").GetString(), line.GetProperty("explicit_hash_key").GetString()));
        Assert.Equal("{\"a\":1}", line.GetProperty("data").GetBytesFromBase64().Text());
    }

    [Fact]
    public async Task Run_OfAPipe_Interrupted_DeliversWhatItTook_AndEndsWithTheSignalsCode()
    {
        using var stop = new CancellationTokenSource();
        await using var tier = await FakeTier.StartAsync(stop);
        _folder.Write("run.yaml", $"output: {{ tier: {{ stream_name: s, url: '{tier.Url}' }} }}");
        var input = new OpenInput();
        await input.WriteAsync(string.Concat(Enumerable.Range(0, 700).Select(static i => $"{i}\n")) + "half of a li");

        var run = await CliRun.RunAsync(input.Stream, ["run", "-f", "run.yaml", "--json"], directory: _folder.Path, stop: stop.Token);

        Assert.Equal((130, 700), (run.ExitCode, Count(run, "delivered")));
        Assert.Contains("interrupted after 700 records", run.Error, StringComparison.Ordinal);
    }

    /// <summary>All was read, and outcomes alone were awaited: the line told of a rest that was not read.</summary>
    [Fact]
    public async Task Run_InterruptedWhileItWaitsForAnswers_SaysThatTheInputIsWhole()
    {
        using var stop = new CancellationTokenSource();
        await using var tier = await FakeTier.StartAsync(stop);
        _folder.Write("run.yaml", $"output: {{ tier: {{ stream_name: s, url: '{tier.Url}' }} }}");

        var run = await CliRun.RunAsync(new MemoryStream("a\nb\n"u8.ToArray()), ["run", "-f", "run.yaml"], directory: _folder.Path, stop: stop.Token);

        run.AssertError(130, "kpl: interrupted after 2 records, the whole input\n");
    }

    /// <summary>Each stream that any record had named was kept until the run ended, with what was needed to put to it.</summary>
    [Fact]
    public async Task Sink_LetsGoOfStreams_WhoseRecordsAreDelivered()
    {
        const int streams = 1_000;
        var time = new FakeTimeProvider();
        var host = CliRun.Console(time: time);
        var tally = new DeliveryTally(new StatusLine(host));
        var file = new RunFile(new StandardInputSettings(), [], new TierOutput { StreamField = FieldPath.Parse("to") });
        var targets = new List<WeakReference>();
        var output = new RunTargets(Create, static () => Task.CompletedTask, static () => default);
        await using var sink = new RunSink(host, new StatusLine(host), file, output, tally);
        for (var i = 0; i < streams; i++)
        {
            await sink.TakeAsync(System.Text.Encoding.UTF8.GetBytes($$"""{"to":"stream-{{i}}"}"""), null, i);
            // What waits for company is sent.
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(streams, tally.Delivered);
        GC.Collect();
        Assert.InRange(targets.Count(static t => t.IsAlive), 1, 100);

        IBatchTarget Create(string stream)
        {
            var target = new DeliveringTarget();
            targets.Add(new WeakReference(target));
            return target;
        }
    }

    private static int Count(CliRun run, string name) => run.LastJson.GetProperty(name).GetInt32();

    private sealed class DeliveringTarget : IBatchTarget
    {
        public ValueTask<Task> StartAsync(PutBatch batch)
        {
            batch.Outcomes.Fill(new PutOutcome(true, null, null, null, null, null));
            return new(Task.CompletedTask);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class FullOutput(Exception error) : TextWriter
    {
        public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

        public override void Write(char value) => throw error;
    }
}
