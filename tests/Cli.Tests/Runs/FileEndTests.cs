using System.Text.Json;
using Orleans.Kpl.Cli.Runs;
using Orleans.Kpl.Cli.Runs.Inputs;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Cli.Tests.Runs;

/// <summary>What becomes of the lines of files that are not delivered, or cannot be read.</summary>
/// <remarks>Tests <see cref="RunSink"/> and <see cref="FileInput"/>.</remarks>
public sealed class FileEndTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A line counted as delivered once it was in memory, and the checkpoint passed it.</summary>
    [Fact]
    public async Task Run_WhereTheSettingsSayAccepted_LeavesWhatKinesisDoesNotTakeToTheNextOne()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        endpoint.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords" });
        _folder.Write("appsettings.json", """{"Kpl":{"AckLevel":"Accepted","MaxAttempts":1}}""");
        _folder.Write("a.log", "1\n2\n");
        _folder.Write("run.yaml", $$"""
            input: { file: { path: a.log, follow: true, checkpoint: positions.json, poll: 10ms } }
            output: { aws_kinesis: { stream_name: {{Endpoint.Stream}}, endpoint_url: "{{endpoint.Url}}", batch: { duration: 10ms } } }
            """);
        await using (var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml"))
        {
            await Waiting.UntilAsync(() => endpoint.Kinesis.Faults.Active[0].Hits > 0);
            Assert.Equal(0, await run.StopAsync());
            Assert.Contains("0 records: 0 delivered", run.Error, StringComparison.Ordinal);
        }

        endpoint.Kinesis.Faults.Clear();
        await using var next = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await Waiting.UntilAsync(() => endpoint.Applied().Count() == 2);
        Assert.Equal(0, await next.StopAsync());
    }

    /// <summary>They were in no file: the next run began at the new end, or its file had been renamed meanwhile.</summary>
    [Theory]
    [InlineData("start", "the next run reads all files again")]
    [InlineData("end", "what is written while no run is there is never read")]
    public async Task Run_WithoutACheckpoint_InterruptedWhileNothingIsDelivered_KeepsTheLines(string from, string warned)
    {
        await using var tier = await FakeTier.StartAsync(static (request, context) => FakeTier.RespondAsync(context, 200, string.Concat(
            request.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static _ => """{"status":"failed","error_code":"Expired"}""" + "\n"))));
        var path = _folder.Write("a.log", "old\n");
        _folder.Write("run.yaml", $$"""
            input: { file: { path: a.log, follow: true, from: {{from}}, poll: 10ms } }
            output: { tier: { stream_name: s, url: '{{tier.Url}}' }, fallback: { file: lost.ndjson } }
            """);
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        // Of what is written before the first look nothing is read from the end.
        await Waiting.UntilAsync(async () =>
        {
            await File.AppendAllTextAsync(path, "new\n");
            return tier.Requests.Any(static r => r.Body.Contains(Convert.ToBase64String("new"u8), StringComparison.Ordinal));
        });

        Assert.Equal(1, await run.StopAsync());
        Assert.Matches(@"kpl: (\d+) records?: 0 delivered, \1 failed \(\1 Expired\), \1 of them in lost\.ndjson", run.Error);
        Assert.Contains(warned, run.Error, StringComparison.Ordinal);
        var kept = await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "lost.ndjson"));
        Assert.Contains("new", kept.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("data").GetBytesFromBase64().Text()));
    }

    /// <summary>It ended with 0, and who looked at that alone believed that all was delivered.</summary>
    [PosixFact]
    public async Task Run_WhoseFileCannotBeRead_DeliversTheRest_AndEndsWithThree()
    {
        await using var tier = await FakeTier.StartAsync();
        _folder.Write("a.log", "1\n");
        var unreadable = Path.Combine(_folder.Path, "b.log");
        File.CreateSymbolicLink(unreadable, unreadable);
        _folder.Write("run.yaml", $"input: {{ file: {{ path: '*.log' }} }}\noutput: {{ tier: {{ stream_name: s, url: '{tier.Url}' }} }}\n");

        var run = await CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml"], directory: _folder.Path);

        run.AssertError(3, $"input.file: {unreadable} cannot be read: ", "1 record: 1 delivered", $"the input is not whole: {unreadable} could not be read");
        Assert.Single(tier.Lines);
    }

    /// <summary>It was told as the record of a number that counts the lines of all files together.</summary>
    [Fact]
    public async Task Run_OfALineThatFails_TellsItsFileAndItsNumberThere()
    {
        await using var tier = await FakeTier.StartAsync(static (request, context) => request.Body.Contains("/n", StringComparison.Ordinal)
            ? Task.FromResult(false)
            : FakeTier.RespondAsync(context, 200, """{"status":"failed","error_code":"RecordTooLarge","error_message":"over"}""" + "\n"));
        var (first, second) = (_folder.Write("a.log", "{}\n"), _folder.Write("b.log", "\nno json\n"));
        _folder.Write("run.yaml", $$"""
            input: { file: { path: '*.log', checkpoint: positions.json } }
            processors: [ parse_json ]
            output: { tier: { stream_name: s, url: '{{tier.Url}}' } }
            """);

        var run = await CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml"], directory: _folder.Path);
        run.AssertError(1, $"kpl: {first}, line 1: RecordTooLarge: over", $"kpl: {second}, line 2: InvalidRecord: parse_json: ");

        await File.AppendAllTextAsync(second, "nor this\n");
        run = await CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml"], directory: _folder.Path);
        run.AssertError(1, $"kpl: {second}, line 1 behind byte 9: InvalidRecord: parse_json: ");
    }
}
