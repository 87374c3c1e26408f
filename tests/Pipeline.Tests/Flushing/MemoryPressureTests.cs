using Orleans.Kpl.Pipeline.Flushing;

namespace Orleans.Kpl.Pipeline.Tests.Flushing;

public sealed class MemoryPressureTests
{
    [Fact]
    public async Task Relieve_WhileKinesisIsIdle_SendsOpenAggregatesBeforeTheirLingerEnds()
    {
        using var parts = Parts(out var pressure);
        var sink = parts.Route(1);
        pressure.Relieve();
        await PipelineHarness.SettleAsync();
        Assert.Equal(RecordStatus.Delivered, sink.Result.Status);
    }

    [Fact]
    public async Task Relieve_OfMoreThanOneCallsWorth_SendsTheOldestOnly()
    {
        using var parts = Parts(out var pressure, o => o.CollectionMaxSize = 1);
        var old = parts.Route(1);
        var oldEngine = parts.Topology.Current.All.Single(e => e.Inspect().OpenBytes > 0);
        var youngEngine = parts.Topology.Current.All.Single(e => e != oldEngine);
        parts.Time.Advance(TimeSpan.FromMilliseconds(100));
        for (var i = 2; youngEngine.Inspect().OpenBytes == 0; i++)
            parts.Route(i);

        pressure.Relieve();
        await PipelineHarness.SettleAsync();

        Assert.Equal(RecordStatus.Delivered, old.Result.Status);
        Assert.NotEqual(0, youngEngine.Inspect().OpenBytes);
    }

    [Fact]
    public async Task Relieve_TwiceInAMillisecond_LooksOnce()
    {
        using var parts = Parts(out var pressure);
        pressure.Relieve();
        var sink = parts.Route(1);
        pressure.Relieve();
        await PipelineHarness.SettleAsync();
        Assert.Empty(sink.Results);

        parts.Time.Advance(TimeSpan.FromMilliseconds(1));
        pressure.Relieve();
        await PipelineHarness.SettleAsync();
        Assert.Single(sink.Results);
    }

    /// <summary>The open aggregates then waited for their linger, with the memory full and nothing under way.</summary>
    [Fact]
    public async Task Relieve_WhereACallEndsInTheMillisecondThatFoundThemAllUnderWay_SendsWhatIsOpen()
    {
        using var parts = Parts(out var pressure, static o => o.MaxConnections = 1);
        var answer = new TaskCompletionSource();
        parts.Kinesis.BeforePut = async (_, ct) => await answer.Task.WaitAsync(ct);
        var first = parts.Route(1);
        pressure.Relieve();
        await PipelineHarness.SettleAsync();
        var second = parts.Route(2);
        parts.Time.Advance(TimeSpan.FromMilliseconds(1));
        pressure.Relieve();
        answer.SetResult();
        await PipelineHarness.SettleAsync();
        Assert.Single(first.Results);
        Assert.Empty(second.Results);

        pressure.Relieve();
        await PipelineHarness.SettleAsync();

        Assert.Single(second.Results);
    }

    [Fact]
    public async Task Relieve_WhileCallsFailAndRecordsWaitForAnotherTry_LeavesTheOthersOpen()
    {
        using var parts = Parts(out var pressure);
        parts.Route(1);
        parts.Judge.Failed(parts.TakeCall(), new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down"));
        var open = parts.Route(2);
        pressure.Relieve();
        await PipelineHarness.SettleAsync();
        Assert.Empty(open.Results);
        Assert.Empty(parts.Kinesis.Calls);
    }

    [Fact]
    public async Task CallThatEnds_HelpsCallers_WhereOneWaitsForMemory()
    {
        using var parts = Parts(out _);
        await parts.Sender.SendAsync(parts.TakeCall());
        Assert.Equal(0, parts.Relieved);

        parts.Memory.Charge(1, 1);
        using var over = new CancellationTokenSource();
        var waiting = parts.Memory.ReserveAsync(1, 1_000, null, over.Token).AsTask();
        await parts.Sender.SendAsync(parts.TakeCall());
        Assert.Equal(1, parts.Relieved);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static StreamParts Parts(out MemoryPressure pressure, Action<KplOptions>? configure = null)
    {
        var parts = new StreamParts(o =>
        {
            o.RecordMaxBufferedTime = TimeSpan.FromSeconds(20);
            configure?.Invoke(o);
        });
        parts.ShowShards(2);
        pressure = new MemoryPressure(parts.Settings, parts.Topology.Table, parts.Sender, parts.Telemetry, parts.Clock);
        return parts;
    }
}
