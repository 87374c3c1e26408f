using System.Buffers;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Cli.Tests.Tail;

/// <remarks>Tests <see cref="Cli.Tail.TailVerb"/>.</remarks>
public sealed class TailTests
{
    /// <summary>Thirty seconds went by without a word.</summary>
    [Theory]
    [InlineData("tail")]
    [InlineData("verify")]
    [InlineData("bench", "--records", "1")]
    [InlineData("put", "none.txt")]
    public async Task AnEndpointThatDoesNotAnswer_IsSaidToBeWaitedFor(params string[] words)
    {
        await using var endpoint = await Endpoint.StartAsync();
        endpoint.Kinesis.Faults.Add(new LocalKinesis.Faults.HalfOpenFault());
        using var folder = new TemporaryFolder();
        folder.Write("none.txt", "1\n");
        var time = new FakeTimeProvider();
        await using var run = RunningCommand.Start(time, folder.Path, [.. words, "--endpoint", endpoint.Url]);
        var said = run.SaidAsync($"kpl: waiting for {endpoint.Url.TrimEnd('/')} to answer");
        await time.PassUntilAsync(() => said.IsCompleted, TimeSpan.FromSeconds(1));
        Assert.Equal(130, await run.StopAsync());
    }

    [Fact]
    public async Task Tail_ReadsBackWhatWasPut()
    {
        await using var endpoint = await Endpoint.StartAsync(4);
        var lines = Enumerable.Range(0, 20_000).Select(static i => i % 7 == 0 ? "" : $"line {i}").ToList();
        Assert.Equal(0, (await endpoint.PutAsync(string.Join("\r\n", lines) + "\r\n")).ExitCode);

        var run = await endpoint.TailAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(lines.Order(StringComparer.Ordinal), run.Text.Split('\n')[..^1].Order(StringComparer.Ordinal));
        Assert.Contains("20,000 records from 4 shards", run.Error, StringComparison.Ordinal);
    }

    /// <summary>As in <c>kpl tail | head</c>.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10_000)]
    public async Task Tail_WhoseReaderGoesAway_CountsWhatItWrote_AndEndsWell(int bytes)
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        Assert.Equal(0, (await endpoint.PutAsync(string.Concat(Enumerable.Range(0, 5_000).Select(static i => $"line {i}\n")))).ExitCode);
        var output = new ClosedPipe(bytes);

        var run = await CliRun.RunAsync(Stream.Null, ["tail", "--endpoint", endpoint.Url], output: output);

        var lines = run.Text.Count(static c => c == '\n');
        Assert.Equal(0, run.ExitCode);
        Assert.InRange(output.Length, bytes == 0 ? 0 : bytes - 4096, bytes);
        Assert.StartsWith(
            FormattableString.Invariant($"kpl: {lines:N0} records from 1 shard, in "), Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
        Assert.EndsWith("; the output was closed", run.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tail_OverAReshard_ReadsParentsFirst()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        Assert.Equal(0, (await endpoint.PutAsync("1\n2", "--key", "k")).ExitCode);
        endpoint.Kinesis.Split(Endpoint.Stream, "shardId-000000000000", (UInt128)1 << 127);
        Assert.Equal(0, (await endpoint.PutAsync("3\n4", "--key", "k")).ExitCode);

        Assert.Equal(["1", "2", "3", "4"], (await endpoint.TailAsync()).Lines);
    }

    [Fact]
    public async Task Tail_WithJson_TellsAllThatIsKnown()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        Assert.Equal(0, (await endpoint.PutAsync("a\nb", "--key", "\"ké")).ExitCode);

        var run = await endpoint.TailAsync("--json");

        var records = run.Lines.Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(records, static record => Assert.Equal(
            ["shard_id", "sequence_number", "sub_sequence_number", "partition_key", "explicit_hash_key", "data"], record.EnumerateObject()
                .Select(static p => p.Name)));
        Assert.Equal(["a", "b"], records.Select(static record => Encoding.UTF8.GetString(record.GetProperty("data").GetBytesFromBase64())));
        Assert.Equal([0, 1], records.Select(static record => record.GetProperty("sub_sequence_number").GetInt32()));
        Assert.All(records, static record =>
        {
            Assert.Equal("shardId-000000000000", record.GetProperty("shard_id").GetString());
            Assert.Equal("\"ké", record.GetProperty("partition_key").GetString());
            Assert.Equal(JsonValueKind.Null, record.GetProperty("explicit_hash_key").ValueKind);
        });
        Assert.Single(records.Select(static record => record.GetProperty("sequence_number").GetString()).Distinct());
    }

    [Fact]
    public async Task Tail_WithFollow_WritesWhatComes_UntilItIsStopped()
    {
        await using var endpoint = await Endpoint.StartAsync();
        using var stop = new CancellationTokenSource();
        var output = new SignalingStream(3);
        var running = CliRun.RunAsync(Stream.Null, ["tail", "--endpoint", endpoint.Url, "--follow"], output: output, stop: stop.Token);

        await endpoint.PutAsync("a");
        await endpoint.PutAsync("b\nc");
        await output.HasLines;
        await stop.CancelAsync();

        Assert.Equal(0, (await running).ExitCode);
        Assert.Equal(["a", "b", "c"], Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task Tail_FromLatest_LeavesOutWhatIsThere()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await endpoint.PutAsync("a");
        var run = await endpoint.TailAsync("--from", "latest");
        Assert.Equal((0, ""), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Tail_FromATime_LeavesOutWhatWasBefore()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        await endpoint.PutAsync("a");
        var first = endpoint.Kinesis.GetApplied(Endpoint.Stream).Single().ArrivedAt;
        await endpoint.PutAsync("b");
        Assert.Equal(["b"], (await endpoint.TailAsync("--from", first.AddMilliseconds(1).ToString("O"))).Lines);
        Assert.Equal(["a", "b"], (await endpoint.TailAsync("--from", first.AddSeconds(-1).ToString("O"))).Lines);
    }

    [Fact]
    public async Task Tail_TakesItsEndpointFromTheEnvironment_ThePreciseVariableFirst()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await endpoint.PutAsync("a");
        var environment = new Dictionary<string, string> { ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1", ["AWS_ENDPOINT_URL_KINESIS"] = endpoint.Url };
        Assert.Equal(["a"], (await CliRun.RunAsync(Stream.Null, ["tail"], environment)).Lines);
        Assert.Equal(3, (await CliRun.RunAsync(Stream.Null, ["tail", "--endpoint", "http://127.0.0.1:1"], environment)).ExitCode);
    }

    [Fact]
    public async Task Tail_WhenTheStreamDoesNotExist_SaysSo()
    {
        await using var endpoint = await Endpoint.StartAsync();
        (await endpoint.TailAsync("--stream", "nope")).AssertRefused(3, "stream 'nope' does not exist");
    }

    /// <summary>Tells when so many lines have been written.</summary>
    private sealed class SignalingStream(int lines) : MemoryStream
    {
        private readonly TaskCompletionSource _hasLines = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = lines;

        public Task HasLines => _hasLines.Task;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            if ((_left -= buffer.Count((byte)'\n')) == 0)
                _hasLines.SetResult();
        }
    }
}

public sealed class TailStartTests
{
    [Theory]
    [InlineData("2026-01-31T08:30:00Z")]
    [InlineData("2026-01-31T10:30:00+02:00")]
    [InlineData("2026-01-31 08:30")]
    [InlineData("1769848200")]
    [InlineData("1769848200.000")]
    public void Parse_OfATime_EntersShardsThere(string text)
    {
        var start = TailStart.Parse(text)!;
        Assert.Equal(("FROM_TIMESTAMP", "AT_TIMESTAMP"), (start.Filter.Type, start.Position.Type));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 8, 30, 0, TimeSpan.Zero), start.Position.Timestamp);
        Assert.Equal(start.Filter.Timestamp, start.Position.Timestamp);
    }

    [Fact]
    public void Parse_OfNames() => Assert.Equal((TailStart.Oldest, TailStart.Latest), (TailStart.Parse("start"), TailStart.Parse("LATEST")));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday-ish")]
    [InlineData("-5")]
    [InlineData("99999999999999")]
    [InlineData("-Infinity")] // a number to .NET: a stack trace
    public void Parse_OfSomethingElse_IsNothing(string text) => Assert.Null(TailStart.Parse(text));
}

/// <summary>A record could rename the window of whoever looked at it, or have the terminal type for him.</summary>
public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("größer 🙂\t{\n}", "größer 🙂\t{\n}")]
    [InlineData("\u001b]0;mine\u0007", "\\u001b]0;mine\\u0007")]
    [InlineData("a\rb\u007f", "a\\u000db\\u007f")]
    [InlineData("\u009b31m", "\\u009b31m")]
    public void Write_EscapesWhatSteersATerminal(string data, string shown)
    {
        var output = new ArrayBufferWriter<byte>();
        TerminalText.Write(output, Encoding.UTF8.GetBytes(data));
        Assert.Equal(shown, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    /// <summary>A letter of another encoding leaves the rest readable. What 'kpl bench' puts is no text at all.</summary>
    [Theory]
    [InlineData(new byte[] { (byte)'c', (byte)'a', (byte)'f', 0xE9 }, "caf\uFFFD")]
    [InlineData(new byte[] { 0x9B, 0x41, 0xFF }, "(3 bytes, no text) 9b 41 ff")]
    [InlineData(new byte[] { 0xFF, 0xFE, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, "(13 bytes, no text) ff fe 01 02 03 04 05 06 07 08 09 0a ...")]
    public void Write_OfWhatIsNoText_WritesNoByteOfIt(byte[] data, string shown)
    {
        var output = new ArrayBufferWriter<byte>();
        TerminalText.Write(output, data);
        Assert.Equal(shown, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData(true, "\\u001bc\n")]
    [InlineData(false, "\u001bc\n")]
    public void Lines_AreAsTheyStand_UnlessATerminalShowsThem(bool isTerminal, string line)
    {
        using var lines = new TailLines(json: false, isTerminal);
        lines.Add("shardId-000000000000", "1", 0, new AggregateMember("k"u8.ToArray(), null, "\u001bc"u8.ToArray()));
        Assert.Equal(line, Encoding.UTF8.GetString(lines.Take(0, 100, out _)));
    }
}
