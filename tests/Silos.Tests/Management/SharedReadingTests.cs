using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class SharedReadingTests
{
    private readonly List<TaskCompletionSource<int>> _readings = [];
    private readonly SharedReading<int> _shared;

    public SharedReadingTests() => _shared = new SharedReading<int>(() =>
    {
        _readings.Add(new TaskCompletionSource<int>());
        return _readings[^1].Task;
    });

    [Fact]
    public async Task ReadAsync_WhileOneIsUnderWay_SharesTheNext()
    {
        var first = _shared.ReadAsync();
        var (second, third) = (_shared.ReadAsync(), _shared.ReadAsync());
        Assert.Single(_readings);
        _readings[0].SetResult(1);
        await UntilReadingsAsync(2);
        Assert.False(second.IsCompleted);
        _readings[1].SetResult(2);

        int[] read = await Task.WhenAll(first, second, third);
        Assert.Equal([1, 2, 2], read);
    }

    [Fact]
    public async Task ReadAsync_WhileTheNextIsUnderWay_BeginsAfterTheQuestion()
    {
        var (first, second) = (_shared.ReadAsync(), _shared.ReadAsync());
        _readings[0].SetResult(1);
        await UntilReadingsAsync(2);
        var third = _shared.ReadAsync();
        _readings[1].SetResult(2);
        await UntilReadingsAsync(3);
        _readings[2].SetResult(3);

        int[] read = await Task.WhenAll(first, second, third);
        Assert.Equal([1, 2, 3], read);
    }

    [Fact]
    public async Task ReadAsync_AfterAFailure_ReadsAnew()
    {
        var (first, second) = (_shared.ReadAsync(), _shared.ReadAsync());
        _readings[0].SetException(new InvalidOperationException("broken"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await UntilReadingsAsync(2);
        _readings[1].SetResult(2);
        Assert.Equal(2, await second);
    }

    /// <summary>A question between the end of a reading and the turn of the one that waits for it: the listing asked for first must not come last.</summary>
    [Fact]
    public async Task ReadAsync_BetweenAReadingAndTheNext_RunsNoTwoAtOnce()
    {
        var turns = new OneAfterTheOther();
        var shared = turns.Run(() => new SharedReading<int>(() =>
        {
            _readings.Add(new TaskCompletionSource<int>());
            return _readings[^1].Task;
        }));
        var first = turns.Run(shared.ReadAsync);
        var second = turns.Run(shared.ReadAsync);
        _readings[0].SetResult(1);
        // The turn of the second waits. Whoever asks now finds the first one ended.
        var third = turns.Run(shared.ReadAsync);
        Assert.InRange(_readings.Count, 1, 1);
        turns.RunAll();
        Assert.Equal(2, _readings.Count);
        _readings[1].SetResult(2);
        turns.RunAll();

        int[] read = await Task.WhenAll(first, second, third);
        Assert.Equal([1, 2, 2], read);
    }

    private Task UntilReadingsAsync(int count) => Waiting.UntilAsync(() => _readings.Count >= count);

    /// <summary>What waits goes on when the test says so, as the turns of an activation do.</summary>
    private sealed class OneAfterTheOther : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Act, object? State)> _turns = [];

        public override void Post(SendOrPostCallback d, object? state) => _turns.Enqueue((d, state));

        public T Run<T>(Func<T> act)
        {
            var former = Current;
            SetSynchronizationContext(this);
            try
            {
                return act();
            }
            finally
            {
                SetSynchronizationContext(former);
            }
        }

        public void RunAll()
        {
            while (_turns.TryDequeue(out var turn))
                Run(() => { turn.Act(turn.State); return 0; });
        }
    }
}
