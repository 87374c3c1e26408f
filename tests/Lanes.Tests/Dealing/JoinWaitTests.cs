using Orleans.Kpl.Lanes.Dealing;

namespace Orleans.Kpl.Lanes.Tests.Dealing;

public sealed class JoinWaitTests
{
    private const int AnswerMilliseconds = 100;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Records_ThatComeWhileACallIsUnanswered_JoinOneMessage()
    {
        using var cluster = new FakeCluster(3) { Time = _time };
        await using var producer = cluster.NewProducer();
        using var held = await HoldACallAsync(cluster, producer);

        var puts = Numbered.Records(50, first: 1_000).Select(async r => (await producer.EnqueueAsync(Numbered.Stream, r)).Delivery).ToList();
        Assert.Equal(held.Begun, cluster.BatchesBegun);

        held.Answer();
        Assert.All(await Task.WhenAll(await Task.WhenAll(puts)).WaitAsync(Waiting.Long), static r => Assert.True(r.IsSuccess));
        Assert.Equal(held.Begun + 1, cluster.BatchesBegun);
    }

    [Fact]
    public async Task ACallThatIsNotAnswered_HoldsRecordsUpForAsLongAsSilosTook()
    {
        using var cluster = new FakeCluster(3) { Time = _time };
        await using var producer = cluster.NewProducer();
        using var held = await HoldACallAsync(cluster, producer);

        var put = await producer.EnqueueAsync(Numbered.Stream, Numbered.Record(1_000));
        _time.Advance(TimeSpan.FromMilliseconds(AnswerMilliseconds - 1));
        Assert.Equal(held.Begun, cluster.BatchesBegun);
        cluster.Accepting = Task.CompletedTask;
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True((await put.Delivery.WaitAsync(Waiting.Long)).IsSuccess);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RecordsThatAreDue_DoNotWait(bool byFlush)
    {
        using var cluster = new FakeCluster(3) { Time = _time };
        await using var producer = cluster.NewProducer();
        using var held = await HoldACallAsync(cluster, producer);
        cluster.Accepting = Task.CompletedTask;

        var put = await producer.EnqueueAsync(Numbered.Stream, Numbered.Record(1_000), byFlush ? null : PutOptions.WithoutLinger);
        var flush = byFlush ? producer.FlushAsync() : Task.CompletedTask;

        Assert.True((await put.Delivery.WaitAsync(Waiting.Long)).IsSuccess);
        held.Answer();
        await flush;
    }

    [Fact]
    public async Task ARecordThatMayNotLiveLong_WaitsForAnEighthOfItsTimeToLive()
    {
        using var cluster = new FakeCluster(3) { Time = _time };
        await using var producer = cluster.NewProducer();
        using var held = await HoldACallAsync(cluster, producer);
        cluster.Accepting = Task.CompletedTask;

        var put = await producer.EnqueueAsync(
            Numbered.Stream, Numbered.Record(1_000), new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(AnswerMilliseconds) });
        _time.Advance(TimeSpan.FromMilliseconds((AnswerMilliseconds / 8) + 1));

        Assert.True((await put.Delivery.WaitAsync(Waiting.Long)).IsSuccess);
    }

    [Fact]
    public void TheWait_IsThatOfTheQuickestSilo_AndASecondAtMost()
    {
        var wait = new JoinWait();
        Assert.Equal(0, wait.Ticks);

        for (var i = 0; i < 20; i++)
            wait.Answered(TimeSpan.FromSeconds(5).Ticks);
        Assert.Equal(TimeSpan.TicksPerSecond, wait.Ticks);

        wait.Answered(TimeSpan.FromMilliseconds(2).Ticks);
        wait.Answered(TimeSpan.FromSeconds(5).Ticks);
        Assert.Equal(TimeSpan.FromMilliseconds(4).Ticks, wait.Ticks);
    }

    /// <summary>Puts records whose calls are answered after a while, and a last one, whose call is answered when the test says so.</summary>
    private async Task<HeldCall> HoldACallAsync(FakeCluster cluster, IKplProducer producer)
    {
        for (var i = 0; ; i++)
        {
            var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            cluster.Accepting = answer.Task;
            var put = await producer.EnqueueAsync(Numbered.Stream, Numbered.Record(i));
            await Waiting.UntilAsync(() => cluster.BatchesBegun == i + 1);
            if (i == 10)
                return new HeldCall(answer, cluster.BatchesBegun);
            _time.Advance(TimeSpan.FromMilliseconds(AnswerMilliseconds));
            answer.SetResult();
            Assert.True((await put.Delivery.WaitAsync(Waiting.Long)).IsSuccess);
        }
    }

    private sealed class HeldCall(TaskCompletionSource answer, int begun) : IDisposable
    {
        public int Begun => begun;

        public void Answer() => answer.TrySetResult();

        public void Dispose() => Answer();
    }
}
