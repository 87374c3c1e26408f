using System.Text.Json;
using Orleans.Kpl.Cli.Tests.FirstHour;

namespace Orleans.Kpl.Cli.Tests.Processes;

public sealed class ProcessTests
{
    /// <summary>Its code names no culture where it formats numbers and times: whoever runs it, wherever, reads the same text.</summary>
    [Fact]
    public void Command_HasOneCulture_WhereverItRuns() => Assert.Contains(
        "\"System.Globalization.Invariant\": true", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "kpl.runtimeconfig.json")), StringComparison.Ordinal);

    [Fact]
    public async Task PutThenTail_ThroughTheLocalTier_BringsBackEveryLine()
    {
        await using var tier = new FirstHourTier("--stream", "events=32");
        await tier.InitializeAsync();
        var lines = Enumerable.Range(0, 100_000).Select(static i => i % 100 == 0 ? "" : $"{i} \u00e9\t\"{{").ToList();

        await using var put = RunningProgram.StartKpl("put", "--tier", tier.Http, "--json");
        foreach (var line in lines)
            await put.Input.WriteAsync(line + "\n");
        put.Input.Close();
        var summary = await put.Output.ReadToEndAsync();
        Assert.Equal(0, await put.WaitAsync());
        Assert.Equal(100_000, JsonDocument.Parse(summary).RootElement.GetProperty("delivered").GetInt32());
        Assert.Contains("100,000 records: 100,000 delivered, 0 failed", await put.Error, StringComparison.Ordinal);

        await using var tail = RunningProgram.StartKpl("tail", "--endpoint", tier.Kinesis);
        var back = (await tail.Output.ReadToEndAsync()).Split('\n')[..^1];
        Assert.Equal(0, await tail.WaitAsync());
        Assert.Equal(lines.Order(StringComparer.Ordinal), back.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Tail_WhenNobodyReadsAnyMore_EndsWell()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes break in another way there");
        await using var endpoint = await Endpoint.StartAsync(1);
        await endpoint.PutAsync("first\n");
        await using var tail = RunningProgram.StartKpl("tail", "--endpoint", endpoint.Url, "--follow");
        Assert.Equal("first", await tail.Output.ReadLineAsync());

        tail.Output.Close();
        await endpoint.PutAsync("second\n");

        Assert.Equal(0, await tail.WaitAsync());
    }

    [Fact]
    public async Task Bench_WhenTerminated_EndsWithTheSignalsCode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGTERM to send");
        await using var tier = await FakeTier.StartAsync();
        await using var bench = RunningProgram.StartKpl("bench", "--via", "http", "--tier", tier.Url, "--records", "1000000000", "--size", "9", "--json");
        await tier.FirstRequest;

        bench.Signal(Signals.Terminate);

        var records = JsonDocument.Parse(await bench.Output.ReadToEndAsync()).RootElement.GetProperty("records").GetInt64();
        Assert.Equal(143, await bench.WaitAsync());
        Assert.Contains(FormattableString.Invariant($"kpl: interrupted after {records:N0} of 1,000,000,000 records; {records:N0} delivered"), await bench.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_InterruptedTwice_EndsAtOnce_AndSaysWhatIsUndelivered()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGINT to send");
        await using var tier = await FakeTier.StartAsync(new TaskCompletionSource().Task);
        await using var put = RunningProgram.StartKpl("put", "--tier", tier.Url);
        await put.Input.WriteAsync("first\nsecond\n");
        await put.Input.FlushAsync();
        await tier.FirstRequest;

        // As timeout does it, to the process and to its group: these two are one.
        put.Signal(Signals.Interrupt);
        put.Signal(Signals.Interrupt);
        Assert.Contains("waiting for 2 records under way", await put.ErrorLineAsync(), StringComparison.Ordinal);
        await Task.Delay(StopSignals.Moment * 2, TestContext.Current.CancellationToken);
        put.Signal(Signals.Interrupt);

        Assert.Equal(130, await put.WaitAsync());
        Assert.Contains("kpl: interrupted twice after 2 lines; 0 delivered, 2 undelivered", await put.ErrorLineAsync(), StringComparison.Ordinal);
    }
}
