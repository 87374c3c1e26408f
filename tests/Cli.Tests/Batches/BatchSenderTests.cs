using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cli.Tests.Batches;

public sealed class BatchSenderTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTarget _target = new();
    private readonly List<string> _ended = [];

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
