using Orleans.Kpl.Cli.Runs.Inputs;

namespace Orleans.Kpl.Cli.Tests.Runs;

/// <remarks>Tests <see cref="FileInput"/>, <see cref="FollowedFile"/>, <see cref="GrowingStream"/> and <see cref="CheckpointFile"/>.</remarks>
public sealed class FileInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A run that reads to the end and no further leaves the rest, also of a line, to the next one.</summary>
    [Fact]
    public async Task Run_WithACheckpoint_ReadsOnWhereTheLastOneEnded()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: '*.log', checkpoint: positions.json");
        _folder.Write("a.log", "1\n2\r\n\nhal");
        _folder.Write("b.log", "3\n");
        _folder.Write("b.log.gz", "x\n");

        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Equal(["1", "2", "3"], Data(tier));
        File.AppendAllText(Path.Combine(_folder.Path, "a.log"), "f\n4\n");
        File.Move(Path.Combine(_folder.Path, "b.log"), Path.Combine(_folder.Path, "c.log"));
        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Equal(["1", "2", "3", "4", "half"], Data(tier));
        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Equal(5, tier.Lines.Length);
    }

    [Fact]
    public async Task Run_WithoutACheckpoint_ReadsTheWholeFile_ItsLastLineToo()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: a.log");
        _folder.Write("a.log", "1\nhalf");
        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Equal(["1", "half"], Data(tier));
    }

    [Theory]
    [InlineData("path: none.log", 3, "no file fits none.log")]
    [InlineData("path: 'x*/a.log'", 2, "only the last part of a path may have * and ?")]
    [InlineData("path: a.log, checkpoint: a.log", 3, "it is no checkpoint of kpl")]
    [InlineData("path: a.log, checkpoint: none/positions", 3, "none/positions cannot be used")]
    public async Task Run_WithoutWhatItNeeds_SaysSo(string settings, int exitCode, string error)
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, settings);
        _folder.Write("a.log", "1\n");
        (await RunAsync()).AssertError(exitCode, error);
        Assert.Empty(tier.Requests);
    }

    /// <summary>A renamed file is read on, a new one under its name is read from the start, an emptied one too, and none of them twice.</summary>
    [Fact]
    public async Task Run_ThatFollows_ReadsOnThroughRenamesAndTruncation()
    {
        await using var tier = await FakeTier.StartAsync();
        // However late the line behind the rename comes on a busy machine, the file is still waited for.
        Configure(tier, "path: a.log, follow: true, checkpoint: positions.json, poll: 10ms, rotate_wait: 1h");
        var path = _folder.Write("a.log", "1\n");
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasAsync(tier, "1");

        using (var held = new StreamWriter(path, append: true))
        {
            File.Move(path, path + ".1");
            File.WriteAllText(path, "new 1\n");
            await HasAsync(tier, "1", "new 1");
            await held.WriteAsync("2, after the rename\n");
        }

        await HasAsync(tier, "1", "2, after the rename", "new 1");
        await using (var emptied = new FileStream(path, FileMode.Truncate, FileAccess.Write))
            await emptied.WriteAsync("short\n"u8.ToArray());
        await HasAsync(tier, "1", "2, after the rename", "new 1", "short");
        await File.AppendAllTextAsync(path, "more\nnot yet whole");
        await HasAsync(tier, "1", "2, after the rename", "more", "new 1", "short");

        Assert.Equal(0, await run.StopAsync());
        await File.AppendAllTextAsync(path, ", now it is\n");
        await using var next = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasAsync(tier, "1", "2, after the rename", "more", "new 1", "not yet whole, now it is", "short");
        Assert.Equal(0, await next.StopAsync());
    }

    /// <summary>The half that was cut off came as a record.</summary>
    [Fact]
    public async Task Run_WhoseFileIsTruncatedInsideALine_PutsNoHalf_AndSaysSo()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: a.log, follow: true, poll: 10ms");
        var path = _folder.Write("a.log", "whole\nhal");
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasAsync(tier, "whole");
        await using (var emptied = new FileStream(path, FileMode.Truncate, FileAccess.Write))
            await emptied.WriteAsync("new\n"u8.ToArray());
        await Testing.Waiting.UntilAsync(() => Data(tier).Contains("new"), "new");
        Assert.Equal(0, await run.StopAsync());
        Assert.Equal(["new", "whole"], Data(tier));
        Assert.Contains($"{path} was truncated: its last 3 bytes had no line end, and are no record", run.Error, StringComparison.Ordinal);
    }

    /// <summary>At one look a file that is renamed at that instant has no name: it is the same file when it has one again, also after a stop then.</summary>
    [Fact]
    public async Task Run_WhoseFileHasNoNameForAMoment_ReadsNoLineTwice()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: 'a.log*', follow: true, checkpoint: positions.json, poll: 10ms, rotate_wait: 1h");
        var path = _folder.Write("a.log", "1\n");
        var hidden = Path.Combine(_folder.Path, "hidden");
        await using (var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml"))
        {
            await HasAsync(tier, "1");
            File.Move(path, hidden);
            await HasLookedAsync(tier, "b");
            File.Move(hidden, path + ".1");
            await HasLookedAsync(tier, "c");
            await File.AppendAllTextAsync(path + ".1", "2\n");
            await HasAsync(tier, "1", "2", "b", "c");
            File.Move(path + ".1", hidden);
            await HasLookedAsync(tier, "d");
            Assert.Equal(0, await run.StopAsync());
        }

        File.Move(hidden, path + ".2");
        await using var next = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasLookedAsync(tier, "e");
        await HasAsync(tier, "1", "2", "b", "c", "d", "e");
        Assert.Equal(0, await next.StopAsync());
        Assert.Equal(6, tier.Lines.Length);

        // A further file is read by the first look that begins after it is there.
        async Task HasLookedAsync(FakeTier from, string line)
        {
            _folder.Write($"a.log.{line}", line + "\n");
            await Testing.Waiting.UntilAsync(() => Data(from).Contains(line), line);
        }
    }

    /// <summary>What the last run had not read of a file that has another name now, outside of the pattern, is read all the same.</summary>
    [Fact]
    public async Task Run_AfterARename_ReadsTheRestOfTheFormerFile()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: a.log, follow: true, checkpoint: positions.json, poll: 10ms");
        var path = _folder.Write("a.log", "1\n");
        await using (var first = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml"))
            await HasAsync(tier, "1");

        await File.AppendAllTextAsync(path, "2\n");
        File.Move(path, path + ".1");
        _folder.Write("a.log", "3\n");
        await using var second = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasAsync(tier, "1", "2", "3");
    }

    /// <summary>Killed before a line was delivered, the next run began at the new end: nothing knew where the first look had been.</summary>
    [Fact]
    public async Task Run_FromTheEnd_PutsOnlyWhatComes_AlsoWhenItIsKilledBeforeThatIsDelivered()
    {
        var isAway = true;
        await using var tier = await FakeTier.StartAsync((request, context) => isAway ? ExpireAsync(request, context) : Task.FromResult(false));
        Configure(tier, "path: '*.log', follow: true, from: end, poll: 10ms, checkpoint: positions.json");
        var path = _folder.Write("a.log", "old\n");
        var checkpoint = Path.Combine(_folder.Path, "positions.json");
        string killed;
        await using (var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml"))
        {
            await KnowsAsync("a.log", 4);
            await File.AppendAllTextAsync(path, "new\n");
            await tier.FirstRequest;
            _folder.Write("b.log", "later\n");
            await KnowsAsync("b.log", 0);
            killed = await File.ReadAllTextAsync(checkpoint);
        }

        await File.WriteAllTextAsync(checkpoint, killed);
        isAway = false;
        tier.Requests.Clear();
        await using var next = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasAsync(tier, "later", "new");

        Task KnowsAsync(string name, int offset) => Testing.Waiting.UntilAsync(
            () => File.Exists(checkpoint) && File.ReadAllText(checkpoint).Contains($"{name}\",\n      \"offset\": {offset},", StringComparison.Ordinal), name);
    }

    /// <summary>Two runs with one checkpoint would each forget what the other delivered.</summary>
    [Fact]
    public async Task Run_WhoseCheckpointAnotherRunHas_DoesNotBegin()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: a.log, follow: true, checkpoint: positions.json");
        _folder.Write("a.log", "1\n");
        await using var first = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasAsync(tier, "1");
        (await RunAsync()).AssertError(3, "another run has it");
    }

    /// <summary>
    /// What was not delivered is not passed over: the next run puts it, and the records around it do not come twice. It has not failed, but was once told so.
    /// </summary>
    [Fact]
    public async Task Run_InterruptedWhileNothingIsDelivered_LeavesTheLinesToTheNextOne()
    {
        var isAway = true;
        await using var tier = await FakeTier.StartAsync((request, context) => isAway ? ExpireAsync(request, context) : Task.FromResult(false));
        Configure(tier, "path: a.log, follow: true, checkpoint: positions.json, poll: 10ms");
        _folder.Write("a.log", "1\n2\n");
        await using (var first = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml"))
        {
            await tier.FirstRequest;
            Assert.Equal(0, await first.StopAsync());
            Assert.Matches("kpl: 0 records: 0 delivered, 0 failed, in .*; [12] more to be read again by the next run", first.Error);
        }

        isAway = false;
        tier.Requests.Clear();
        await using var second = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await HasAsync(tier, "1", "2");
        Assert.Equal(0, await second.StopAsync());
    }

    /// <summary>A run that began in an outage ended with 3, and whatever started it again did so until Kinesis was back.</summary>
    [Fact]
    public async Task Run_WithACheckpoint_BegunWhileKinesisIsAway_WaitsForIt()
    {
        using var held = new HeldPort();
        _folder.Write("a.log", "1\n2\n");
        _folder.Write("run.yaml", $$"""
            input: { file: { path: a.log, follow: true, checkpoint: positions.json, poll: 10ms } }
            output: { aws_kinesis: { stream_name: {{Endpoint.Stream}}, endpoint_url: "http://127.0.0.1:{{held.Number}}" } }
            """);
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await Waiting.UntilAsync(() => run.Error.Contains("Lines wait in their files", StringComparison.Ordinal));

        await using var endpoint = await Endpoint.StartAsync(port: held.Number);
        await Waiting.UntilAsync(() => endpoint.Applied().Count() >= 2);
        Assert.Equal(0, await run.StopAsync());
        Assert.Contains("is not reachable", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Each run ended with 3 at such a line, and delivered those behind it once more.</summary>
    [Fact]
    public async Task Run_WithACheckpoint_PassesALineWhoseStreamIsNotForUs()
    {
        await using var tier = await FakeTier.StartAsync(static (request, context) => request.Path.StartsWith("/streams/other/", StringComparison.Ordinal)
            ? FakeTier.RespondAsync(context, 403, """{"error_code":"Forbidden","error_message":"not yours"}""")
            : Task.FromResult(false));
        var file = _folder.Write("a.log", "{\"n\":1}\n{\"n\":2,\"to\":\"other\"}\n{\"n\":3}\n");
        _folder.Write("run.yaml", $$"""
            input: { file: { path: a.log, checkpoint: positions.json } }
            output: { tier: { stream_name: s, stream_field: to, url: "{{tier.Url}}" }, fallback: { file: lost.jsonl } }
            """);

        Assert.Equal(1, (await RunAsync()).ExitCode);
        Assert.Contains("\"other\"", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "lost.jsonl")), StringComparison.Ordinal);
        await File.AppendAllTextAsync(file, "{\"n\":4}\n");
        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Equal(["{\"n\":1}", "{\"n\":3}", "{\"n\":4}"], Data(tier).Where(static d => !d.Contains("other", StringComparison.Ordinal)));
    }

    /// <summary>A right that is gone for an hour would take every line of the file with it.</summary>
    [Theory]
    [InlineData("stream_field: to")]
    [InlineData("stream_name: s, stream_field: to")]
    public async Task Run_WithACheckpoint_AndNoFallback_EndsWhereItMayNotPut_AndTheNextDeliversAll(string streams)
    {
        var isBanned = true;
        await using var tier = await FakeTier.StartAsync((_, context) => isBanned
            ? FakeTier.RespondAsync(context, 403, """{"error_code":"Forbidden","error_message":"banned"}""")
            : Task.FromResult(false));
        _folder.Write("a.log", "{\"to\":\"other\"}\n");
        _folder.Write("run.yaml", $$"""
            input: { file: { path: a.log, checkpoint: positions.json } }
            output: { tier: { {{streams}}, url: "{{tier.Url}}" } }
            """);

        Assert.Equal(3, (await RunAsync()).ExitCode);
        isBanned = false;
        tier.Requests.Clear();
        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Single(tier.Lines);
    }

    /// <summary>Kinesis' own refusal ends a record with its time-to-live, so that it looked like one that may be delivered later.</summary>
    [Theory]
    [InlineData("stream_field: to", "", 3)]
    [InlineData("stream_name: events, stream_field: to", ", fallback: { file: lost.jsonl }", 1)]
    [Trait("Category", "Long")]
    public async Task Run_WhereKinesisDenies_EndsWithoutAFallback_AndElseKeepsTheRecord(string streams, string fallback, int exitCode)
    {
        await using var endpoint = await Endpoint.StartAsync();
        await endpoint.Kinesis.CreateStreamAsync("other", 1);
        foreach (var operation in (string[])["PutRecords", "PutRecord"])
            endpoint.Kinesis.Faults.Add(new LocalKinesis.Faults.ErrorFault { Stream = "other", Operation = operation, Type = "AccessDeniedException" });
        _folder.Write("a.log", "{\"to\":\"other\"}\n{\"to\":\"events\"}\n");
        _folder.Write("run.yaml", $$"""
            input: { file: { path: a.log, checkpoint: positions.json } }
            output: { aws_kinesis: { {{streams}}, endpoint_url: "{{endpoint.Url}}" }{{fallback}} }
            """);

        var run = await RunAsync();

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal("{\"to\":\"events\"}", Assert.Single(endpoint.Applied()).Data);
        Assert.Equal(exitCode == 1, File.Exists(Path.Combine(_folder.Path, "lost.jsonl")));
        if (exitCode == 3)
            Assert.Contains("AccessDeniedException", run.Error, StringComparison.Ordinal);
    }

    /// <summary>500 files that were read to their end kept their turns, and the newest were never read.</summary>
    [Fact]
    public async Task Run_ThatFollowsMoreFilesThanMayBeOpen_ReadsEach_AndNoLineTwice()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: '*.log', follow: true, checkpoint: positions.json, poll: 10ms");
        string[] paths = [.. Enumerable.Range(0, 502).Select(i => _folder.Write($"{i:000}.log", $"{i:000}\n"))];
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await Testing.Waiting.UntilAsync(() => tier.Lines.Length >= paths.Length, "a turn for each file");

        foreach (var path in (string[])[paths[0], paths[^1], paths[1]])
            await File.AppendAllTextAsync(path, "more\n");
        File.Move(paths[1], Path.Combine(_folder.Path, "elsewhere"));
        await Testing.Waiting.UntilAsync(() => tier.Lines.Length >= paths.Length + 3, "what came later");
        Assert.Equal(0, await run.StopAsync());
        Assert.Equal([.. Enumerable.Range(0, 502).Select(static i => $"{i:000}"), "more", "more", "more"], Data(tier));
    }

    /// <summary>All files that the checkpoint knew were opened at once, however many there are.</summary>
    [Testing.PosixFact]
    public async Task Run_WhoseCheckpointKnowsMoreFilesThanMayBeOpen_OpensNoMore()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: '*.log', checkpoint: positions.json");
        string[] paths = [.. Enumerable.Range(0, 600).Select(i => _folder.Write($"{i:000}.log", $"{i:000}\n"))];
        Assert.Equal(0, (await RunAsync()).ExitCode);
        foreach (var path in paths)
            await File.AppendAllTextAsync(path, "more\n");

        Configure(tier, "path: '*.log', follow: true, checkpoint: positions.json, poll: 10ms");
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await Testing.Waiting.UntilAsync(() => tier.Lines.Length >= 2 * paths.Length, "each file");
        if (OperatingSystem.IsLinux())
            Assert.InRange(Directory.GetFiles("/proc/self/fd").Count(IsOfAFile), 1, 501); // One is looked at.
        Assert.Equal(0, await run.StopAsync());
        Assert.Equal(2 * paths.Length, tier.Lines.Length);

        bool IsOfAFile(string handle)
        {
            try
            {
                return File.ResolveLinkTarget(handle, returnFinalTarget: false)?.FullName is { } target
                    && target.StartsWith(_folder.Path, StringComparison.Ordinal) && target.EndsWith(".log", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false; // It was closed meanwhile.
            }
        }
    }

    /// <summary>A line that the tier, or a proxy before it, answers with 413 when it comes alone was sent for ever, and its file stood still.</summary>
    [Theory]
    [InlineData("""{"error_code":"RequestTooLarge","error_message":"over the quota"}""", "RecordTooLarge: over the quota")]
    [InlineData("<html>", "RecordTooLarge: the tier answered 413")]
    public async Task Run_OfALineThatTheTierNeverTakes_PassesIt(string answer, string told)
    {
        const int longest = 1000;
        await using var tier = await FakeTier.StartAsync(
            (request, context) => request.Body.Length > longest ? FakeTier.RespondAsync(context, 413, answer) : Task.FromResult(false));
        Configure(tier, "path: a.log, checkpoint: positions.json");
        _folder.Write("a.log", $"1\n{new string('x', longest)}\n3\n");
        await using (var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml"))
        {
            Assert.Equal(1, await run.WaitAsync());
            Assert.Contains(told, run.Error, StringComparison.Ordinal);
        }

        Assert.Equal(2, tier.Requests.Where(static request => request.Body.Length <= longest).Sum(static request => request.Body.Count(static c => c == '\n')));
        tier.Requests.Clear();
        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Empty(tier.Requests);
    }

    /// <summary>A file that could not be opened for a while counted as gone, and was read again from its start.</summary>
    [Testing.PosixFact]
    public async Task Run_WhoseFileCannotBeOpenedForAWhile_ReadsNoLineTwice()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: '*.log', follow: true, checkpoint: positions.json, poll: 10ms, rotate_wait: 100ms");
        var path = _folder.Write("a.log", "1\n");
        var hidden = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "other")).FullName, "hidden");
        await using (var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml"))
        {
            await HasAsync(tier, "1");
            Hide();
            await ShowAsync(run, "2");
            await HasAsync(tier, "1", "2");
            Hide();
            await run.StopAsync();
        }

        await using var next = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await ShowAsync(next, "3");
        _folder.Write("b.log", "b\n");
        await HasAsync(tier, "1", "2", "3", "b");

        void Hide()
        {
            File.Move(path, hidden);
            File.CreateSymbolicLink(path, path);
        }

        async Task ShowAsync(RunningCommand run, string line)
        {
            await run.SaidAsync($"kpl: input.file: {path} cannot be read");
            await Task.Delay(TimeSpan.FromMilliseconds(400), TestContext.Current.CancellationToken); // That time passes is what is tested.
            File.Move(hidden, path, overwrite: true);
            await File.AppendAllTextAsync(path, line + "\n");
        }
    }

    /// <summary>A run read its own checkpoint and fallback, which grew by that, and so did not end.</summary>
    [Fact]
    public async Task Run_WhoseOwnFilesFitThePattern_DoesNotReadThem()
    {
        await using var tier = await FakeTier.StartAsync(200, """{"status":"failed","attempts":1,"error_code":"RecordTooLarge","error_message":"large"}""" + "\n");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "logs"));
        _folder.Write("run.yaml", $$"""
            input: { file: { path: 'logs/*', checkpoint: logs/positions.json } }
            output: { tier: { stream_name: s, url: '{{tier.Url}}' }, fallback: { file: logs/../logs/failed.ndjson } }
            """);
        _folder.Write("logs/a.log", "1\n");
        for (var i = 0; i < 2; i++)
        {
            await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
            await run.WaitAsync();
        }

        Assert.Equal(["1"], Data(tier));
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "logs", "failed.ndjson")));
    }

    /// <summary>Opening a named pipe waits for its writer, and the only thread that looks for files and for Ctrl-C waited with it.</summary>
    [Testing.PosixFact]
    public async Task Run_WithANamedPipeInTheFolder_PassesItOver()
    {
        await using var tier = await FakeTier.StartAsync();
        Configure(tier, "path: '*.log', checkpoint: positions.json");
        var gone = _folder.Write("gone.log", "1\n");
        Assert.Equal(0, (await RunAsync()).ExitCode);
        File.Delete(gone);
        foreach (var name in (string[])["0.log", "of another name"])
        {
            using var make = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(_folder.Path, name)]);
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        File.CreateSymbolicLink(Path.Combine(_folder.Path, "1.log"), Path.Combine(_folder.Path, "0.log"));
        _folder.Write("a.log", "2\n");
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        Assert.Equal(0, await run.WaitAsync());
        Assert.Equal(["1", "2"], Data(tier));
    }

    private const string Expired = """{"status":"failed","attempts":3,"error_code":"Expired","error_message":"too late"}""" + "\n";

    private static Task<bool> ExpireAsync(FakeTier.Request request, Microsoft.AspNetCore.Http.HttpContext context) =>
        FakeTier.RespondAsync(context, 200, string.Concat(request.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static _ => Expired)));

    private Task<CliRun> RunAsync() => CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml"], directory: _folder.Path);

    private void Configure(FakeTier tier, string settings) =>
        _folder.Write("run.yaml", $"input: {{ file: {{ {settings} }} }}\noutput: {{ tier: {{ stream_name: s, url: '{tier.Url}' }} }}\n");

    private static async Task HasAsync(FakeTier tier, params string[] data) =>
        await Testing.Waiting.UntilAsync(() => Data(tier).SequenceEqual(data), string.Join(", ", data));

    private static IEnumerable<string> Data(FakeTier tier) => tier.Lines
        .Select(static line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("data").GetBytesFromBase64().Text())
        .Order(StringComparer.Ordinal);
}
