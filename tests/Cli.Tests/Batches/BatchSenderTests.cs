using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tests.Batches;

/// <summary>What the heap has is of the whole process: no other class runs meanwhile.</summary>
[CollectionDefinition(nameof(BatchSenderTests), DisableParallelization = true)]
[Collection(nameof(BatchSenderTests))]
public sealed class BatchSenderTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTarget _target = new();
    private readonly List<string> _ended = [];
    private Exception? _defect;

    [Fact]
    public async Task Send_StartsBatchesInTurn_AndEndsThemAsTheyCome()
    {
        var sender = Sender();
        await sender.SendAsync(Batch(sender, "a"));
        await sender.SendAsync(Batch(sender, "b"));
        Assert.Equal(["a", "b"], _target.Started);

        _target.Open[1].SetResult();
        _target.Open[0].SetResult();
        await sender.DrainAsync();
        Assert.Equal(["b", "a"], _ended);
    }

    [Fact]
    public async Task Send_WhileABatchIsBeingStarted_WaitsForItsTurn()
    {
        var sender = Sender();
        var turn = new TaskCompletionSource();
        _target.Turn = turn.Task;
        var first = sender.SendAsync(Batch(sender, "a"));
        Assert.False(first.IsCompleted);
        turn.SetResult();
        await first;
        _target.Open[0].SetResult();
        await sender.DrainAsync();
    }

    [Fact]
    public async Task Send_UsesBatchesAgain()
    {
        var sender = Sender();
        var batch = Batch(sender, "a");
        await sender.SendAsync(batch);
        _target.Open[0].SetResult();
        await sender.DrainAsync();
        Assert.Same(batch, sender.Rent());
        Assert.Equal(0, batch.Count);
    }

    /// <summary>A run takes the names of its streams from the records: each that had ever come kept two batches, 130 KB each, until the run ended.</summary>
    [Fact]
    public async Task Senders_WhoseRecordsAreDone_KeepNoBatches()
    {
        var free = new FreeBatches();
        var senders = new List<BatchSender>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var stream = 0; stream < 400; stream++)
        {
            var sender = new BatchSender(_target, new InFlightWindow(_time), _time, (batch, _) => _ended.Add(batch.KeyOf(0)), free);
            senders.Add(sender);
            sender.Open.Add($"of {stream}", "x"u8, 1, isJson: false);
            await sender.SendOpenAsync();
            _target.Open[stream].SetResult();
        }

        Assert.Equal(400, _ended.Count);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 10 << 20);
        GC.KeepAlive(senders);
    }

    [Fact]
    public void FreeBatches_KeepNoMoreThanAFullWindowNeeds_AndNoneThatIsLarge()
    {
        var free = new FreeBatches();
        var most = (int)(InFlightWindow.Largest / PutBatch.FullBytes);
        var large = new PutBatch();
        large.Add("large", new byte[5 << 20], 1, isJson: false);
        free.Return(large);
        var used = Enumerable.Range(0, most + 1).Select(_ => free.Rent()).ToList();
        Assert.DoesNotContain(large, used);
        used.ForEach(free.Return);
        var again = Enumerable.Range(0, most + 1).Select(_ => free.Rent()).ToHashSet();
        Assert.Equal(most, used.Count(again.Contains));
    }

    /// <summary>They waited for their linger.</summary>
    [Fact]
    public async Task Drain_SendsRecordsThatWaitForMore()
    {
        var sender = Sender();
        await sender.SendAsync(Batch(sender, "a"));
        _target.Flushed = () => _target.Open[0].SetResult();
        await sender.DrainAsync();
        Assert.Equal(["a"], _ended);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Drain_WhenTheTargetHasADefect_Throws(bool atStart)
    {
        var sender = Sender();
        _target.Failure = atStart ? new InvalidOperationException("defect") : null;
        await sender.SendAsync(Batch(sender, "a"));
        if (!atStart)
            _target.Open[0].SetException(new InvalidOperationException("defect"));
        await Assert.ThrowsAsync<InvalidOperationException>(sender.DrainAsync);
        Assert.Equal(["a"], _ended);
    }

    /// <summary>The batch never left the window, and the run waited for ever.</summary>
    [Fact]
    public async Task Drain_WhenAnOutcomeCannotBePassedOn_Throws_AndLosesNoOther()
    {
        var sender = Sender();
        await sender.SendAsync(Batch(sender, "a"));
        await sender.SendAsync(Batch(sender, "b"));
        _defect = new IOException("no space");
        _target.Open[0].SetResult();
        _target.Open[1].SetResult();
        Assert.Same(_defect, await Assert.ThrowsAsync<IOException>(() => sender.DrainAsync().WaitAsync(Waiting.Long)));
        Assert.Equal(["a", "b"], _ended);
    }

    [Fact]
    public async Task Send_WhenNothingMoreCanBeSent_IsBroken()
    {
        var sender = Sender();
        _target.Failure = CliException.NotThere("gone");
        await sender.SendAsync(Batch(sender, "a"));
        await sender.DrainAsync();
        Assert.Equal("gone", sender.Broken!.Message);
    }

    [Fact]
    public async Task Send_WhenARecordSaysThatTheStreamIsMissing_IsBroken()
    {
        var sender = Sender();
        var batch = Batch(sender, "a");
        await sender.SendAsync(batch);
        batch.Outcomes[0] = PutOutcome.Failure(RecordErrorCodes.ResourceNotFound, "no stream");
        _target.Open[0].SetResult();
        await sender.DrainAsync();
        Assert.Equal(ExitCode.NotThere, sender.Broken!.Code);
    }

    private BatchSender Sender() => new(_target, new InFlightWindow(_time), _time, (batch, sentAt) =>
    {
        Assert.Equal(FakeTimeProvider.Start, sentAt);
        _ended.Add(batch.KeyOf(0));
        if (_defect is not null && _ended.Count == 1)
            throw _defect;
    });

    private static PutBatch Batch(BatchSender sender, string key)
    {
        var batch = sender.Rent();
        batch.Add(key, "x"u8, 1, isJson: false);
        return batch;
    }

    private sealed class FakeTarget : IBatchTarget
    {
        public List<string> Started { get; } = [];

        public List<TaskCompletionSource> Open { get; } = [];

        public Task Turn { get; set; } = Task.CompletedTask;

        public Exception? Failure { get; set; }

        public Action? Flushed { get; set; }

        public Task FlushAsync()
        {
            Flushed?.Invoke();
            return Task.CompletedTask;
        }

        public async ValueTask<Task> StartAsync(PutBatch batch)
        {
            await Turn;
            Started.Add(batch.KeyOf(0));
            if (Failure is not null)
                throw Failure;
            Open.Add(new TaskCompletionSource());
            return Open[^1].Task;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

public sealed class PutBatchTests
{
    [Fact]
    public void Add_KeepsKeysDataAndLines_AlsoWhenUsedAgain()
    {
        var batch = new PutBatch();
        for (var round = 0; round < 2; round++)
        {
            batch.Add("a", "one"u8, 3, isJson: true);
            batch.Add("b", ""u8, 9, isJson: true);
            Assert.Equal((2, true, 2048L), (batch.Count, batch.IsJson, batch.Cost));
            Assert.Equal(("a", "one", 3L), (batch.KeyOf(0), System.Text.Encoding.ASCII.GetString(batch.DataOf(0).Span), batch.LineOf(0)));
            Assert.Equal(("b", 0, 9L), (batch.KeyOf(1), batch.DataOf(1).Length, batch.LineOf(1)));
            batch.Outcomes.Fill(PutOutcome.Failure("x", null));
            batch.Clear();
            Assert.Equal((0, 0L), (batch.Count, batch.Cost));
        }

        batch.Add("c", "1"u8, 1, isJson: false);
        Assert.False(batch.IsJson);
        Assert.Null(batch.Outcomes[0].ErrorCode);
    }

    [Fact]
    public void IsFull_AtFiveHundredRecords_OrAtItsBytes()
    {
        var batch = new PutBatch();
        for (var i = 0; i < PutBatch.MaxRecords; i++)
        {
            Assert.False(batch.IsFull);
            batch.Add("k", "x"u8, i, isJson: false);
        }

        Assert.True(batch.IsFull);
        batch.Clear();
        batch.Add("k", new byte[PutBatch.FullBytes], 1, isJson: false);
        Assert.True(batch.IsFull);
        Assert.Equal(PutBatch.FullBytes, batch.Cost);
    }

    [Fact]
    public void RandomKeys_AreDifferentUuids()
    {
        var keys = Enumerable.Range(0, 1_000).Select(static _ => RandomKeys.Next()).ToList();
        Assert.Equal(1_000, keys.Distinct().Count());
        Assert.All(keys, static key => Assert.True(key.Length == 36 && Guid.Parse(key).Version == 4));
    }
}
