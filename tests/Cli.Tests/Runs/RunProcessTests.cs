using System.Globalization;
using System.Text;
using Orleans.Kpl.Cli.Runs.Inputs;
using Orleans.Kpl.Cli.Tests.FirstHour;

namespace Orleans.Kpl.Cli.Tests.Runs;

/// <remarks>Tests <see cref="LineInput"/> and <see cref="HttpInput"/>, and the whole command as a process over a local tier.</remarks>
public sealed class RunProcessTests(FirstHourTier tier) : IClassFixture<FirstHourTier>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task StandardInput_ThroughATier_IsDelivered()
    {
        await using var run = Start("stdin", "typed");
        await run.Input.WriteAsync("{\"a\":1}\n{\"a\":2}\n");
        run.Input.Close();
        Assert.Equal(0, await run.WaitAsync());
        Assert.Contains("2 records: 2 delivered, 0 failed", await run.Error, StringComparison.Ordinal);
        Assert.Equal(["""{"a":1,"via":"kpl"}""", """{"a":2,"via":"kpl"}"""], (await TailAsync("typed")).Where(static line => line.StartsWith("{\"a\"", StringComparison.Ordinal)));
    }

    [Testing.PosixFact]
    public async Task Port_TakesRecordsUntilSigterm_AndDrains()
    {
        await using var run = Start("{ http_server: { port: 0 } }", "events");
        var url = (await run.ErrorLineAsync())["kpl: http_server listens at ".Length..];
        using (var client = new HttpClient())
        using (var content = new StringContent("""{"from":"http"}""", Encoding.UTF8, "application/json"))
            Assert.Equal("""{"accepted":1,"processed":1}""", await (await client.PostAsync(new Uri(url), content)).Content.ReadAsStringAsync());

        run.Signal(Signals.Terminate);

        Assert.Equal(0, await run.WaitAsync());
        Assert.Contains("1 record: 1 delivered, 0 failed", await run.Error, StringComparison.Ordinal);
        Assert.Equal(["""{"from":"http","via":"kpl"}"""], await TailAsync("events"));
    }

    /// <summary>A folder that may not be listed ended the command with a stack trace, while the files that were open were read on.</summary>
    [Testing.PosixFact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task FolderThatMayNotBeListedForAWhile_IsTold_AndItsFilesAreReadOn()
    {
        const UnixFileMode closed = UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "logs")).FullName;
        var path = _folder.Write("logs/a.log", "{\"n\":1}\n");
        await using (var run = Start($"{{ file: {{ path: '{folder}/*.log', follow: true, checkpoint: '{_folder.Path}/p', poll: 10ms, rotate_wait: 100ms }} }}", "typed", static arguments => RunningProgram.StartBoundKpl(arguments)))
        {
            await Testing.Waiting.UntilAsync(async () => (await TailAsync("typed")).Any(static line => line.Contains("\"n\":1", StringComparison.Ordinal)));
            File.SetUnixFileMode(folder, closed);
            Assert.Contains($"{folder} cannot be read", await run.ErrorLineAsync(), StringComparison.Ordinal);
            File.SetUnixFileMode(folder, closed | UnixFileMode.UserRead);
            await File.AppendAllTextAsync(path, "{\"n\":2}\n");
            await Testing.Waiting.UntilAsync(async () => (await TailAsync("typed")).Any(static line => line.Contains("\"n\":2", StringComparison.Ordinal)));
            run.Signal(Signals.Terminate);
            Assert.Equal(0, await run.WaitAsync());
        }

        File.SetUnixFileMode(folder, closed);
        await using var next = Start($"{{ file: {{ path: '{folder}/*.log' }} }}", "typed", static arguments => RunningProgram.StartBoundKpl(arguments));
        Assert.Equal(3, await next.WaitAsync());
        File.SetUnixFileMode(folder, closed | UnixFileMode.UserRead);
    }

    /// <summary>
    /// A writer renames its file every few hundred lines while the run is killed fifty times. No line is missing, and at each kill no more come twice
    /// than may be in flight.
    /// </summary>
    [Testing.PosixFact]
    [Trait("Category", "Long")]
    public async Task KilledFiftyTimes_OnARotatingFile_MissesNoLine_AndRepeatsNoMoreThanWasInFlight()
    {
        const int kills = 50;
        const int inFlight = 100;
        using var stop = new CancellationTokenSource();
        var writing = WriteAsync(Path.Combine(_folder.Path, "app.log"), stop.Token);
        var input = $"{{ file: {{ path: '{_folder.Path}/app.log*', follow: true, checkpoint: '{_folder.Path}/positions.json', poll: 10ms, max_in_flight: {inFlight} }} }}";
        for (var i = 0; i < kills; i++)
        {
            var before = await tier.DeliveredAsync("clicks");
            await using var run = Start(input, "clicks"); // Disposing kills it.
            await Testing.Waiting.UntilAsync(async () => await tier.DeliveredAsync("clicks") > before + inFlight + (i * 7 % 300));
        }

        await stop.CancelAsync();
        var lines = await writing;
        await using (var last = Start(input, "clicks"))
        {
            var end = $"\"offset\": {new FileInfo(Path.Combine(_folder.Path, "app.log")).Length},";
            await Testing.Waiting.UntilAsync(() => IsDone(end));
            last.Signal(Signals.Terminate);
            Assert.Equal(0, await last.WaitAsync());
        }

        var numbers = (await TailAsync("clicks")).Select(static line => JsonNumber(line)).ToList();
        Assert.Equal(Enumerable.Range(0, lines), numbers.Distinct().Order());
        Assert.InRange(numbers.Count - lines, 0, kills * inFlight);
        TestContext.Current.TestOutputHelper?.WriteLine($"{lines} lines, {numbers.Count - lines} came twice");
    }

    private static int JsonNumber(string line) => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("n").GetInt32();

    /// <summary>Whether every file was delivered to its end.</summary>
    private bool IsDone(string end)
    {
        var text = File.ReadAllText(Path.Combine(_folder.Path, "positions.json"));
        return text.Contains(end, StringComparison.Ordinal)
            && Directory.GetFiles(_folder.Path, "app.log.*").All(file => text.Contains(
                string.Create(CultureInfo.InvariantCulture, $"\"{file}\",\n      \"offset\": {new FileInfo(file).Length},"), StringComparison.Ordinal));
    }

    /// <summary>
    /// Writes numbered lines, some a batch, and renames the file every 300 lines; returns how many lines there are. On a busy machine the run would not
    /// catch up with a writer that never waits.
    /// </summary>
    private async Task<int> WriteAsync(string path, CancellationToken stop)
    {
        var written = 0;
        while (!stop.IsCancellationRequested)
        {
            await using (var file = new StreamWriter(path, append: true))
            {
                for (var i = 0; i < 20; i++)
                    await file.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{written++}}}\n"));
            }

            if (written % 300 == 0)
            {
                File.Move(path, string.Create(CultureInfo.InvariantCulture, $"{path}.{written / 300}"));
                await Testing.Waiting.UntilAsync(async () => stop.IsCancellationRequested || written - await tier.DeliveredAsync("clicks") < 3_000);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }

        await File.AppendAllTextAsync(path, string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{written++}}}\n"), CancellationToken.None);
        return written;
    }

    private RunningProgram Start(string input, string stream, Func<string[], RunningProgram>? start = null)
    {
        var file = _folder.Write($"{Guid.NewGuid():N}.yaml", $$"""
            input: {{input}}
            processors: [ set: { via: kpl } ]
            output: { tier: { stream_name: {{stream}}, url: "{{tier.Http}}" } }
            """);
        return (start ?? (static arguments => RunningProgram.StartKpl(arguments)))(["run", "-f", file]);
    }

    private async Task<IEnumerable<string>> TailAsync(string stream) =>
        (await CliRun.RunAsync("tail", "--stream", stream, "--endpoint", tier.Kinesis)).Lines.Order(StringComparer.Ordinal);
}
