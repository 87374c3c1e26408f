using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Cli.Tests.Runs;

/// <summary>Records that name their streams, over a tier that takes nothing.</summary>
public sealed class RunManyStreamsTests : IDisposable
{
    private const string Full = """{"error_code":"TooManyRequests","error_message":"too many streams are new"}""";

    private readonly Testing.FakeTimeProvider _time = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Each name took 200 KB while its record waited, and nothing was said.</summary>
    [Fact]
    public async Task Run_OfMoreStreamsThanMayHaveRecordsUnderWay_WaitsForThem_AndSaysSo()
    {
        const int most = 256;
        const int names = most + 44;
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var tier = await FakeTier.StartAsync(open.Task);
        _folder.Write("a.ndjson", string.Concat(Enumerable.Range(0, names).Select(static i => $$"""{"s":"made-up-{{i}}"}""" + "\n")));
        _folder.Write("run.yaml", $"input: {{ file: {{ path: a.ndjson }} }}\noutput: {{ tier: {{ stream_field: s, url: '{tier.Url}' }} }}");
        await using var run = RunningCommand.Start(_time, _folder.Path, "run", "-f", "run.yaml", "--json");

        await Testing.Waiting.UntilAsync(() => tier.Lines.Length >= most);
        var said = run.SaidAsync("kpl: ");
        await _time.PassUntilAsync(() => said.IsCompleted, TimeSpan.FromMilliseconds(100));
        Assert.StartsWith($"{most} records of the input wait for an outcome", await said, StringComparison.Ordinal);
        Assert.Equal(most, tier.Lines.Length);

        open.SetResult();
        var ended = run.WaitAsync();
        await _time.PassUntilAsync(() => ended.IsCompleted, TimeSpan.FromMilliseconds(100));
        Assert.Equal((0, names), (await ended, JsonDocument.Parse(run.Output).RootElement.GetProperty("delivered").GetInt32()));
    }

    /// <summary>It never ended: whoever had interrupted it killed it, and its records were in no fallback.</summary>
    [Fact]
    public async Task Interrupt_WhileTheTierHasNoRoom_EndsAfterAMinute_AndKeepsWhatWaits()
    {
        await using var tier = await FakeTier.StartAsync(static (_, context) =>
        {
            context.Response.Headers.RetryAfter = "20";
            return FakeTier.RespondAsync(context, 429, Full);
        });
        _folder.Write("run.yaml", $$"""
            input: { http_server: { port: 0 } }
            output: { tier: { stream_field: s, url: '{{tier.Url}}' }, fallback: { file: failed.ndjson } }
            """);
        await using var run = RunningCommand.Start(_time, _folder.Path, "run", "-f", "run.yaml");
        using var client = new HttpClient();
        using var content = new StringContent("""{"s":"made-up"}""", Encoding.UTF8, "application/json");
        var posted = client.PostAsync(new Uri(await run.SaidAsync("kpl: http_server listens at ")), content);
        await _time.PassUntilAsync(() => tier.FirstRequest.IsCompleted, TimeSpan.FromMilliseconds(10));

        await run.InterruptAsync();
        var ended = run.WaitAsync();
        await _time.PassUntilAsync(() => ended.IsCompleted, TimeSpan.FromSeconds(1));

        Assert.Equal(1, await ended);
        using var answer = await posted;
        Assert.Equal("""{"accepted":1,"processed":1}""", await answer.Content.ReadAsStringAsync());
        var kept = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "failed.ndjson")))).RootElement;
        Assert.Equal(("made-up", "TooManyRequests"), (kept.GetProperty("stream").GetString(), kept.GetProperty("error_code").GetString()));
    }
}
