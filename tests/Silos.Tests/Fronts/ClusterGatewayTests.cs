using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Tests.Management;

namespace Orleans.Kpl.Silos.Tests.Fronts;

/// <summary>Questions to the manager of a stream, some of which are lost, or whose answers are.</summary>
public sealed class ClusterGatewayTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Managers _managers = new();
    private readonly ClusterGateway _gateway;

    public ClusterGatewayTests() => _gateway = new ClusterGateway(kinesis: null!, _managers, _time);

    /// <summary>
    /// A silo knew no map but its former one until Orleans gave the lost question up: for 40 s. A late answer to the first one is taken too, or a manager
    /// that always takes a little longer, since Kinesis is slow, would never be heard.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Question_ThatIsLost_IsAskedAgainSoon_AndTheFirstAnswerTaken(int answered)
    {
        var asking = AskAsync();
        Assert.Single(_managers.Asked);
        _time.Advance(ClusterGateway.AskAgainAfter);
        await Waiting.UntilAsync(() => _managers.Asked.Count == 2);

        _managers.Asked[answered].SetResult(FakeKinesis.Even(2, firstId: 3));

        Assert.Equal(2, (await asking.WaitAsync(Waiting.Long)).Count);
    }

    [Fact]
    public async Task Question_ThatFails_IsNotAskedAgain()
    {
        var asking = AskAsync();
        _managers.Asked[0].SetException(new TimeoutException("simulated"));

        var told = await Assert.ThrowsAsync<KinesisException>(() => asking.WaitAsync(Waiting.Long));
        Assert.Equal((KinesisFailureKind.NotSent, nameof(TimeoutException)), (told.Kind, told.Code));
        Assert.Single(_managers.Asked);
    }

    [Fact]
    public async Task Question_ThatIsCancelled_EndsAtOnce()
    {
        using var stop = new CancellationTokenSource();
        var asking = AskAsync(stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(Waiting.Long));
        Assert.Single(_managers.Asked);
    }

    /// <summary>The silo of a manager that did not answer is declared dead once another one has: the call to it left a failure that nobody observed.</summary>
    [Fact]
    public async Task Question_ThatFailsOnceAnotherIsAnswered_LeavesNoFailureUnobserved()
    {
        const string gone = "the silo of the first question was lost";

        Assert.DoesNotContain(gone, await UnobservedFailures.OfAsync(AskTwiceAsync));

        async Task AskTwiceAsync()
        {
            var asking = AskAsync();
            _time.Advance(ClusterGateway.AskAgainAfter);
            await Waiting.UntilAsync(() => _managers.Asked.Count == 2);
            _managers.Asked[1].SetResult(FakeKinesis.Even(2, firstId: 3));
            await asking.WaitAsync(Waiting.Long);
            _managers.Asked[0].SetException(new TimeoutException(gone));
            _managers.Forget();
        }
    }

    private Task<IReadOnlyList<ShardRange>> AskAsync(CancellationToken cancellationToken = default) =>
        _gateway.ListShardsAsync(new StreamTarget("events", null, TimeSpan.FromSeconds(2)), cancellationToken).AsTask();

    /// <summary>A manager that answers when the test says so.</summary>
    private sealed class Managers : FakeManagers
    {
        private readonly ConcurrentQueue<TaskCompletionSource<IReadOnlyList<ShardRange>>> _asked = [];

        public IReadOnlyList<TaskCompletionSource<IReadOnlyList<ShardRange>>> Asked => [.. _asked];

        public override Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream)
        {
            var asked = new TaskCompletionSource<IReadOnlyList<ShardRange>>();
            _asked.Enqueue(asked);
            return asked.Task;
        }

        public void Forget() => _asked.Clear();
    }
}
