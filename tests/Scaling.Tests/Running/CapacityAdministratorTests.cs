using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Capacities;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class CapacityAdministratorTests : IAsyncDisposable
{
    private static readonly CapacityChange TwoHours = new() { WarmMiBPerSecond = 200, For = TimeSpan.FromHours(2) };
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly MemoryStateStore _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ManagedStreamInMemory _stream = new(2) { IsOnDemand = true, WarmMiB = 8 };
    private readonly CapacityAdministrator _manager;

    public CapacityAdministratorTests() => _manager = NewManager();

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task WarmForAWhile_WhenTheManagerIsLost_IsSetBackInTimeByTheNext()
    {
        var end = _time.GetUtcNow().AddHours(2);
        await using (var lost = NewManager())
            Assert.True((await lost.ChangeAsync(TwoHours, Never)).IsMade);
        Assert.Equal(["warm 200"], _stream.Done);
        _time.Advance(TimeSpan.FromHours(1));

        await using var next = NewManager();
        next.Follow();
        Assert.Equal((200, end, 8), await SeenAsync(next));
        await PassUntilAsync(() => _stream.Done.Count == 2);

        Assert.Equal(["warm 200", "warm 8"], _stream.Done);
        Assert.InRange(_time.GetUtcNow() - end, TimeSpan.Zero, TimeSpan.FromMinutes(2));
        await PassUntilAsync(() => Intent() is null);
        Assert.Equal((8, null, null), await SeenAsync(next));
        Assert.Equal(
            ["The warm throughput was set back from 200 to 8 MiB/s.", "The warm throughput goes from 8 to 200 MiB/s. It is set back to 8 MiB/s at"],
            (await HistoryAsync()).Select(static h => h.Length > 80 ? h[..^22] : h));
    }

    [Fact]
    public async Task WarmWithoutAnEnd_EndsTheIntent()
    {
        await _manager.ChangeAsync(TwoHours, Never);
        await _manager.ChangeAsync(new() { WarmMiBPerSecond = 100 }, Never);
        Assert.Null(Intent());
        Assert.Equal((100, null, null), await SeenAsync(_manager));
    }

    [Fact]
    public async Task WarmForAWhile_WhenKinesisRefuses_LeavesNoIntent()
    {
        _stream.Refusal = new KinesisException(KinesisFailureKind.Refused, "LimitExceededException", "too often", 400);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => _manager.ChangeAsync(TwoHours, Never));
        Assert.Equal("LimitExceededException", error.Code);
        Assert.Null(Intent());
        Assert.Empty(await HistoryAsync());

        _stream.Refusal = null;
        await _manager.ChangeAsync(TwoHours, Never);
        var kept = Intent();
        _stream.Refusal = new KinesisException(KinesisFailureKind.NotSent, "ConnectionFailed", "away", 0);
        await Assert.ThrowsAsync<StreamManagerException>(() => _manager.ChangeAsync(TwoHours with { WarmMiBPerSecond = 300 }, Never));
        Assert.Equal(kept, Intent());
    }

    /// <summary>Nobody knows whether Kinesis took it: whoever looks in time sees it. After an answer with 500 the stream stayed warm for ever.</summary>
    [Theory]
    [InlineData("RequestTimeout", 0)]
    [InlineData("InternalFailure", 500)]
    [InlineData("HTTP 502", 502)]
    public async Task WarmForAWhile_WhenNobodyKnowsWhetherItIsMade_KeepsTheIntent(string code, int status)
    {
        _stream.Refusal = new KinesisException(status == 0 ? KinesisFailureKind.Ambiguous : KinesisFailureKind.Refused, code, "lost", status);
        await Assert.ThrowsAsync<StreamManagerException>(() => _manager.ChangeAsync(TwoHours, Never));
        Assert.NotNull(Intent());

        (_stream.Refusal, _stream.WarmMiB) = (null, 200);
        await PassUntilAsync(() => Intent() is null);
        Assert.Equal(["warm 8"], _stream.Done);
    }

    /// <summary>What a former intent has set is set back, too, where the one that replaces it was not made.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(300)]
    public async Task WarmForLonger_WhenNobodyKnowsWhetherItIsMade_IsSetBackEitherWay(int warm)
    {
        await _manager.ChangeAsync(TwoHours, Never);
        _stream.Refusal = new KinesisException(KinesisFailureKind.Refused, "ServiceUnavailable", "busy", 503);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<StreamManagerException>(() => _manager.ChangeAsync(TwoHours with { WarmMiBPerSecond = 300 }, Never));

        (_stream.Refusal, _stream.WarmMiB) = (null, warm);
        Assert.Equal((warm, _time.GetUtcNow().AddHours(2), 8), await SeenAsync(_manager));
        await PassUntilAsync(() => Intent() is null);
        Assert.Equal(["warm 200", "warm 8"], _stream.Done);
        Assert.Equal($"The warm throughput was set back from {warm} to 8 MiB/s.", (await HistoryAsync())[0]);
    }

    /// <summary>The refusal of a former one was remembered, and that of the next one told nowhere.</summary>
    [Fact]
    public async Task SettingBack_WhenKinesisRefuses_IsTriedAgainEachMinute_AndEachOneToldOnce()
    {
        for (var told = 1; told <= 2; told++)
        {
            await _manager.ChangeAsync(TwoHours, Never);
            _stream.Refusal = new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);
            await PassUntilAsync(() => Intent() is { Tries: >= 3 });
            Assert.Equal(told, (await HistoryAsync()).Count(static h => h.Contains("AccessDeniedException: no", StringComparison.Ordinal)));
            _stream.Refusal = null;
            await PassUntilAsync(() => Intent() is null);
            Assert.Equal(8, _stream.WarmMiB);
        }
    }

    [Fact]
    public async Task SettingBack_WhereTheStreamIsGone_EndsTheIntent()
    {
        await _manager.ChangeAsync(TwoHours, Never);
        _stream.IsGone = true;
        await PassUntilAsync(() => Intent() is null);
        Assert.Contains("gone", (await HistoryAsync())[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_OnADryRun_ChangesNothing()
    {
        var plan = await _manager.ChangeAsync(TwoHours with { DryRun = true }, Never);
        Assert.Equal((false, 200), (plan.IsMade, plan.After.WarmMiBPerSecond));
        Assert.Null(Intent());
        Assert.Empty(_stream.Done);
        Assert.Empty(await HistoryAsync());
    }

    /// <summary>Whoever was told that the store is away made the change again, and Kinesis counts two in a day.</summary>
    [Fact]
    public async Task Change_WhoseNoteCannotBeKept_IsMadeAllTheSame()
    {
        var rows = new FailingRows(_store) { OnWrite = static (kind, _) => kind == "history:events" ? new StateStoreException("away") : null };
        await using var manager = new CapacityAdministrator(_stream, new OperationStore(rows, "events", _time, new QuietEvents()), Services);
        Assert.True((await manager.ChangeAsync(new() { MaxRecordKiB = 10_240 }, Never)).IsMade);
        Assert.Equal(["limit 10240"], _stream.Done);
    }

    /// <summary>What it would do can be asked at any time.</summary>
    [Fact]
    public async Task Change_OnADryRunWhileShardsChange_IsPlanned()
    {
        var plan = ReshardPlanner.ToCount(Topologies.Context([.. _stream.Shards]), 4);
        var operation = ReshardOperation.Begin("one", "events", _stream.Created, plan, "a test", _time.GetUtcNow());
        Assert.NotNull(await new OperationStore(_store, "events", _time, new QuietEvents()).BeginAsync(operation, Never));

        Assert.Equal(200, (await _manager.ChangeAsync(TwoHours with { DryRun = true }, Never)).After.WarmMiBPerSecond);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => _manager.ChangeAsync(TwoHours, Never));
        Assert.Equal(StreamManagerErrorCodes.OperationRunning, error.Code);
    }

    [Fact]
    public async Task Change_OfAStreamThatIsNotActive_IsRefused()
    {
        _stream.Status = "UPDATING";
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => _manager.ChangeAsync(TwoHours, Never));
        Assert.Equal(StreamManagerErrorCodes.StreamNotActive, error.Code);
        // A split was told of the hole in the listing.
        _stream.Shards.RemoveAt(0);
        await using var shards = new StreamAdministrator(_stream, Services);
        error = await Assert.ThrowsAsync<StreamManagerException>(() => shards.SplitAsync("shard-0", SplitPoint.Middle, Never));
        Assert.Equal(StreamManagerErrorCodes.StreamNotActive, error.Code);
        Assert.Empty(_stream.Done);
    }

    [Fact]
    public async Task Change_OfTheLimitAndTheMode_CallsKinesisOnce_AndIsInTheHistory()
    {
        await _manager.ChangeAsync(new() { MaxRecordKiB = 10_240 }, Never);
        await _manager.ChangeAsync(new() { OnDemand = false }, Never);
        Assert.False((await _manager.ChangeAsync(new() { OnDemand = false }, Never)).IsMade);
        Assert.Equal(["limit 10240", "mode"], _stream.Done);
        Assert.Equal(2, (await HistoryAsync()).Count);
        var now = await _manager.GetAsync(Never);
        Assert.Equal((10_240, false, "ENABLED"), (now.MaxRecordKiB, now.OnDemand, now.BillingCommitment));
    }

    private static async Task<(int? Warm, DateTimeOffset? Until, int? Back)> SeenAsync(CapacityAdministrator manager)
    {
        var seen = await manager.GetAsync(Never);
        return (seen.WarmMiBPerSecond, seen.WarmUntil, seen.WarmAfterwardsMiBPerSecond);
    }

    private AdminServices Services => new() { Kinesis = _stream, Store = _store, Time = _time, Events = new QuietEvents() };

    private CapacityAdministrator NewManager() => new(_stream, new OperationStore(_store, "events", _time, new QuietEvents()), Services);

    private WarmIntent? Intent() =>
        _store.ReadAsync(WarmIntent.Kind, "events", Never).Result is { } row ? WarmIntent.FromJson(row.Text) : null;

    private async Task<IReadOnlyList<string>> HistoryAsync() =>
        [.. (await new OperationStore(_store, "events", _time, new QuietEvents()).HistoryAsync(Never)).Select(static h => h.Reason)];

    private Task PassUntilAsync(Func<bool> isSo) => Waiting.UntilAsync(() =>
    {
        // Who is at work is let come to its next wait.
        if (!isSo() && _time.ArmedTimers > 0)
            _time.Advance(TimeSpan.FromMinutes(1));
        return isSo();
    });
}
