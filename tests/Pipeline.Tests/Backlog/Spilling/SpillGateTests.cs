using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Spilling;

/// <summary>The memory of records that spill, and of those that were to spill and found the store silent.</summary>
public sealed class SpillGateTests
{
    private const int Limit = 1_000_000;
    private const int Spilled = 10_000_000;

    /// <summary>A store that falls silent again and again would fill memory without end.</summary>
    [Fact]
    public async Task Unspill_AboveTheLimit_NothingMoreSpillsUntilMemoryIsWithinIt()
    {
        var (harness, gate) = await OpenAsync();
        Assert.True(gate.TryReserve(Spilled, 1));
        gate.Unspill(Spilled, 1);
        Assert.Equal(Limit + Spilled, harness.Memory.Bytes);

        Assert.False(gate.TryReserve(Spilled, 1));
        var waiting = gate.ReserveMemoryAsync(Spilled, 1, null, TestContext.Current.CancellationToken).AsTask();
        await harness.PassAsync(2_000);
        Assert.False(waiting.IsCompleted);
        Assert.True(gate.IsOpen);

        harness.Memory.Release(Spilled, 1);
        await harness.PassAsync(50);
        Assert.True(waiting.IsCompletedSuccessfully && await waiting);
        Assert.Equal(Limit, harness.Memory.Bytes);
    }

    /// <summary>While one turn told those who waited, another one came: the signal of those who waited from then on was replaced, and never given.</summary>
    [Fact]
    public async Task Look_TurningAgainWhileOneTurnIsTold_LeavesNobodyWaiting()
    {
        var harness = await LoneBacklogHarness.OpenAsync(static o => o.HighWaterMode = HighWaterMode.Spill);
        var options = harness.Backlog.Context.Settings.Options;
        var memory = new FullMemory();
        var gate = new SpillGate(harness.Backlog.Context, memory, harness.Backlog.State, harness.Backlog.Replayer);
        Turn(takesMore: false);
        await harness.PassAsync(600);
        var first = PutAsync();
        Task<bool>? second = null;
        memory.GaveUp = () =>
        {
            memory.GaveUp = null;
            Turn(takesMore: false);
            second = PutAsync();
        };
        Turn(takesMore: true);
        Assert.False(gate.IsOpen);
        Assert.NotNull(second);

        Turn(takesMore: true);

        await harness.PassAsync(100);
        gate.Stop();
        Assert.True(first.IsCompletedSuccessfully && await first);
        Assert.True(second.IsCompletedSuccessfully && await second);

        void Turn(bool takesMore)
        {
            options.BacklogMaxBytes = takesMore ? long.MaxValue : 0;
            gate.Look();
        }

        Task<bool> PutAsync() => gate.ReserveMemoryAsync(1, 1, null, TestContext.Current.CancellationToken).AsTask();
    }

    /// <summary>A memory that is full for good, and tells on the thread that cancels when somebody stops waiting for it.</summary>
    private sealed class FullMemory : MemoryLimit
    {
        public FullMemory()
            : base(1, 0, new FairMemory(Limit, 0)) => Charge(1, 1);

        public Action? GaveUp { get; set; }

        public override ValueTask ReserveAsync(long bytes, int records, PutOptions? put, CancellationToken cancellationToken)
        {
            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            cancellationToken.UnsafeRegister((_, token) =>
            {
                GaveUp?.Invoke();
                waiting.TrySetCanceled(token);
            }, null);
            return new ValueTask(waiting.Task);
        }

        public override void Close(string reason)
        {
        }

        protected override void ServeLine()
        {
        }
    }

    /// <summary>A gate that is open, because memory is full.</summary>
    private static async Task<(LoneBacklogHarness Harness, SpillGate Gate)> OpenAsync()
    {
        var harness = await LoneBacklogHarness.OpenAsync(static o => (o.HighWaterMode, o.MaxOutstandingBytes) = (HighWaterMode.Spill, Limit));
        harness.Memory.Charge(Limit, 1);
        harness.Backlog.Spill!.Look();
        await harness.PassAsync(600);
        Assert.True(harness.Backlog.Spill.IsOpen);
        return (harness, harness.Backlog.Spill);
    }
}
