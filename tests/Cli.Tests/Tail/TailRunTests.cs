using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Pipeline.Kinesis;
using static Orleans.Kpl.Cli.Tests.Tail.FakeSource;

namespace Orleans.Kpl.Cli.Tests.Tail;

/// <remarks>Tests <see cref="ShardReader"/>.</remarks>
public sealed class TailRunTests
{
    private readonly FakeSource _source = new();
    private readonly MemoryStream _output = new();
    private readonly StringWriter _error = new();
    private readonly PromptTime _time = new();

    [Fact]
    public async Task Run_ReadsParentsBeforeChildren_AndEndsWhenNothingIsBehind()
    {
        _source.Shards.AddRange([Shard("3", "1", "2"), Shard("1", "gone", closed: true), Shard("2", closed: true), Shard("4")]);
        _source.Page("1", 10, "a").LastPage("1", ["3"], "b").LastPage("2", ["3"], "c").Page("3", 5, "d").Page("3", 0, "e").Page("4", 0);

        await RunAsync();

        Assert.Equal(["a", "b", "c", "d", "e"], Lines.Order());
        Assert.True(Array.IndexOf(Lines, "d") > Math.Max(Array.IndexOf(Lines, "b"), Array.IndexOf(Lines, "c")));
        Assert.True(_source.Calls.IndexOf("enter 3 TRIM_HORIZON") > _source.Calls.LastIndexOf("read 2"));
    }

    [Fact]
    public async Task Run_WhenPagesAreEmpty_GoesOn()
    {
        OneShard().Page("1", 1000).Page("1", 500).Page("1", 400, "a").Page("1", 300).Page("1", 0);
        await RunAsync();
        Assert.Equal(["a"], Lines);
    }

    [Fact]
    public async Task Run_WhenTheEndpointDoesNotSayHowFarBehind_EndsAtAnEmptyPage()
    {
        OneShard().Page("1", null, "a").Page("1", null, "b").Page("1", null);
        await RunAsync();
        Assert.Equal(["a", "b"], Lines);
    }

    [Fact]
    public async Task Run_WhenAFullPageSaysNothingIsBehind_ReadsOn()
    {
        OneShard().Page("1", 0, [.. Enumerable.Range(0, 10_000).Select(static i => $"{i}")]).Page("1", 0, "last");
        await RunAsync();
        Assert.Equal(10_001, Lines.Length);
    }

    [Fact]
    public async Task Run_WhenAnIteratorExpires_EntersAfterTheLastRecord()
    {
        OneShard().Page("1", 10, "a", "b").Failure("1", Refusal("ExpiredIteratorException")).Page("1", 0, "c");
        await RunAsync();
        Assert.Equal(["a", "b", "c"], Lines);
        Assert.Equal(["enter 1 TRIM_HORIZON", "enter 1 AFTER_SEQUENCE_NUMBER n-b"], Entered);
    }

    [Fact]
    public async Task Run_FromLatest_WhenAnIteratorExpiresBeforeAnyRecord_EntersAtTheTimeItBegan()
    {
        OneShard().Page("1", 10).Failure("1", Refusal("ExpiredIteratorException")).Page("1", 0, "a");
        await RunAsync(TailStart.Latest);
        Assert.Equal(["enter 1 LATEST", "enter 1 AT_TIMESTAMP"], Entered);
    }

    /// <summary>It entered at the tip of a later time, behind what was put while it waited. A clock that is ahead names a time that is still to come.</summary>
    [Fact]
    public async Task Run_FromLatest_WhenAnIteratorIsRefusedAtFirst_EntersAtTheTimeItBegan()
    {
        OneShard().Page("1", 0, "a");
        _source.EnterFailures.Enqueue(Refusal(RecordErrorCodes.Throttled));
        _source.EnterFailures.Enqueue(Refusal("InvalidArgumentException"));
        await RunAsync(TailStart.Latest);
        Assert.Equal(["a"], Lines);
        Assert.Equal(["enter 1 LATEST", "enter 1 AT_TIMESTAMP", "enter 1 AT_TIMESTAMP"], Entered);
    }

    /// <summary>Where a shard began was asked when its turn to hold a page came, and what was put until then was passed over.</summary>
    [Fact]
    public async Task Run_FromLatest_EntersEachShard_BeforeAnyHoldsAPage()
    {
        _source.Shards.AddRange(Enumerable.Range(0, 40).Select(static i => Shard($"{i:00}")));
        foreach (var shard in _source.Shards)
            _source.Page(shard.ShardId, 0);
        _source.Turn = new TaskCompletionSource();
        var running = RunAsync(TailStart.Latest);
        await Waiting.UntilAsync(() => AtLatest() == 40);
        _source.Turn.SetResult();
        await running;
        Assert.Equal(40, AtLatest());

        int AtLatest()
        {
            lock (_source.Calls)
                return _source.Calls.Count(static call => call.EndsWith(" LATEST", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Run_WhenThrottled_SaysOnceThatTheLimitIsShared_AndReadsAll()
    {
        OneShard().Failure("1", Refusal(RecordErrorCodes.Throttled)).Failure("1", Refusal(RecordErrorCodes.Throttled)).Page("1", 0, "a");
        await RunAsync();
        Assert.Equal(["a"], Lines);
        Assert.Contains("shared with its other consumers", Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WhenChildrenAreFoundAtTheEnd_ReadsThemFromTheirBeginning()
    {
        OneShard().LastPage("1", ["2", "3"], "a").Page("2", 0, "b").Page("3", 0, "c");
        await RunAsync(TailStart.Latest);
        Assert.Equal(["a", "b", "c"], Lines.Order());
        Assert.Equal(["enter 1 LATEST", "enter 2 TRIM_HORIZON", "enter 3 TRIM_HORIZON"], Entered.Order());
    }

    [Fact]
    public async Task Run_WhenTheEndpointNamesNoChildren_LooksThemUp()
    {
        _source.Shards.Add(Shard("1"));
        _source.ShardsLater = [Shard("1", closed: true), Shard("2", "1"), Shard("9")];
        _source.LastPage("1", [], "a").Page("2", 0, "b");
        await RunAsync();
        Assert.Equal(["a", "b"], Lines);
    }

    [Fact]
    public async Task Run_WhenCallsFailForAWhile_TriesAgain()
    {
        _source.Shards.Add(Shard("1"));
        _source.ListFailures.Enqueue(Refusal("LimitExceededException"));
        _source.Failure("1", Refusal("InternalFailure", 500)).Page("1", 0, "a");
        await RunAsync();
        Assert.Equal(["a"], Lines);
    }

    [Fact]
    public async Task Run_WhenCallsFailForLong_GivesUp()
    {
        _source.Shards.Add(Shard("1"));
        for (var i = 0; i < 100; i++)
            _source.Failure("1", Refusal("InternalFailure", 500));
        var exception = await Assert.ThrowsAsync<CliException>(() => RunAsync());
        Assert.Equal(ExitCode.NotThere, exception.Code);
    }

    [Fact]
    public async Task Run_WhenReadingIsNotAllowed_GivesUpAtOnce()
    {
        OneShard().Failure("1", Refusal("AccessDeniedException"));
        Assert.Contains("AccessDeniedException", (await Assert.ThrowsAsync<CliException>(() => RunAsync())).Message, StringComparison.Ordinal);
    }

    /// <summary>A shard that the retention took while others were read ended the command: its stream did not exist.</summary>
    [Fact]
    public async Task Run_WhenAShardIsGoneByItsTurn_ReadsItsChildrenAndAllOthers()
    {
        _source.Shards.AddRange([Shard("s-1", closed: true), Shard("s-2", "s-1"), Shard("s-3")]);
        _source.Failure("s-1", Missing("Shard s-1 in stream s under account 1 does not exist.")).Page("s-2", 0, "a").Page("s-3", 0, "b");
        await RunAsync();
        Assert.Equal(["a", "b"], Lines.Order());

        _source.Shards.RemoveRange(1, 2);
        _source.Failure("s-1", Missing("Stream s under account 1 not found."));
        Assert.Contains("does not exist", (await Assert.ThrowsAsync<CliException>(() => RunAsync())).Message, StringComparison.Ordinal);

        static KinesisException Missing(string message) => new(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, message, 400);
    }

    [Fact]
    public async Task Run_WithFollow_GoesOnUntilItIsStopped()
    {
        using var stop = new CancellationTokenSource();
        OneShard().Page("1", 0, "a").Page("1", 0).Page("1", 0, "b").Stopped("1", stop);
        await RunAsync(follow: true, stop: stop.Token);
        Assert.Equal(["a", "b"], Lines);
    }

    /// <summary>As of a parent, its children and a neighbour: only all of them together are the stream's tip.</summary>
    [Fact]
    public async Task Run_WithFollow_SaysOnceThatItWaits_WhenEachShardIsAtItsTip()
    {
        using var stop = new CancellationTokenSource();
        _source.Shards.Add(Shard("1"));
        _source.Shards.Add(Shard("9"));
        _source.LastPage("1", ["2"], "a").Page("2", 100, "b").Page("2", 0).Page("2", 0).Stopped("2", stop);
        Idle();
        List<string[]> read = [];

        await RunAsync(follow: true, stop: stop.Token, waits: () => read.Add(Lines));

        Assert.Equal(["a", "b"], Assert.Single(read));

        // However often it is read, the neighbour has nothing.
        void Idle() => _source.Add("9", () =>
        {
            Idle();
            return new RecordsPage([], "9", 0, []);
        });
    }

    [Fact]
    public async Task Run_TellsWhetherItReadAll()
    {
        OneShard().Page("1", 0, "a");
        Assert.True(await RunAsync());

        using var stop = new CancellationTokenSource();
        _source.Page("1", 100, "b").Stopped("1", stop);
        Assert.False(await RunAsync(stop: stop.Token));
    }

    [Fact]
    public async Task Run_WhenAnAggregateIsDamaged_WritesItAsItIs_AndSaysSo()
    {
        _source.Shards.Add(Shard("1"));
        byte[] damaged = [0xf3, 0x89, 0x9a, 0xc2, .. new byte[30]];
        _source.Add("1", () => new([new("n", "k", damaged, default)], "1", 0, []));
        await RunAsync();
        Assert.Equal([.. damaged, (byte)'\n'], _output.ToArray());
        Assert.Contains("taken for plain data", _error.ToString(), StringComparison.Ordinal);
    }

    private FakeSource OneShard()
    {
        _source.Shards.Add(Shard("1"));
        return _source;
    }

    private IEnumerable<string> Entered => _source.Calls.Where(static call => call.StartsWith("enter", StringComparison.Ordinal));

    private string[] Lines => Encoding.UTF8.GetString(_output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<bool> RunAsync(TailStart? start = null, bool follow = false, CancellationToken stop = default, Action? waits = null)
    {
        var status = new StatusLine(CliRun.Console(_error));
        using var output = new TailOutput(_output, status, json: false);
        var run = new TailRun(_source, new TailFailures(status, _time, "s", "http://x"), output, _time, waits);
        return await run.RunAsync(start ?? TailStart.Oldest, follow, stop);
    }
}

public sealed class ShardLineageTests
{
    [Fact]
    public void TakeReady_OverAnyFamily_GivesEachShardOnce_AfterItsParents()
    {
        // Shard i has up to two parents among the shards before it, or among unknown ones.
        var parents = Gen.Choose(-3, 12).ArrayOf(24);
        Prop.ForAll(parents.ToArbitrary(), picks =>
        {
            var family = Enumerable.Range(0, 12).ToDictionary(
                static i => $"{i:00}", i => new[] { picks[2 * i], picks[2 * i + 1] }.Where(p => p < i && p != -1).Select(static p => $"{p:00}").ToArray());
            var lineage = new ShardLineage();
            foreach (var (shard, its) in family.Reverse())
                lineage.Add(shard, its);

            List<string> order = [];
            for (var ready = lineage.TakeReady(); ready.Count > 0; ready = lineage.TakeReady())
            {
                order.AddRange(ready);
                foreach (var shard in ready)
                    lineage.Finish(shard);
            }

            return order.Count == 12 && order.Distinct().Count() == 12
                && family.All(pair => pair.Value.Where(family.ContainsKey).All(parent => order.IndexOf(parent) < order.IndexOf(pair.Key)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Add_OfAKnownShard_ChangesNothing()
    {
        var lineage = new ShardLineage();
        Assert.True(lineage.Add("1", []));
        Assert.Equal(["1"], lineage.TakeReady());
        Assert.False(lineage.Add("1", []));
        Assert.Empty(lineage.TakeReady());
        Assert.Equal(1, lineage.Count);
    }
}

public sealed class ReadPaceTests
{
    [Theory]
    [InlineData(0, false, 50, 200)] // four calls a second, counted from the call
    [InlineData(100, true, 0, 1_000)] // at the tip one
    [InlineData(10 << 20, false, 1_000, 5_000)] // where much came, what its bytes take, counted from the answer
    public void After_WaitsAsTheLimitsOfReadersWantIt(int bytes, bool isAtTip, int took, int wait) =>
        Assert.Equal(TimeSpan.FromMilliseconds(wait), ReadPace.After(bytes, isAtTip, TimeSpan.FromMilliseconds(took)));

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    [InlineData(1000, 5)]
    public void AfterFailure_Doubles_UpToFiveSeconds(int failures, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ReadPace.AfterFailure(failures));
}
