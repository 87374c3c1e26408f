using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class OperationStoreTests
{
    private const string Stream = "events";

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    /// <summary>The store's client repeats a write whose answer was lost: the repetition finds the row that is there already.</summary>
    [Fact]
    public async Task Begin_WhereTheWriteWasRepeated_IsBegun()
    {
        var rows = new MemoryStateStore();
        var store = StoreOf(new RepeatingStore(rows));

        var held = await store.BeginAsync(New("one"), default);

        Assert.Equal("one", held?.Operation.Id);
        await held!.SaveAsync(held.Operation.RequestStop("a test", Now), default);
        Assert.True((await store.FindAsync(default))!.Operation.IsStopRequested);
    }

    [Fact]
    public async Task Begin_WhereAnotherOperationRuns_IsNotBegun()
    {
        var rows = new MemoryStateStore();
        Assert.NotNull(await StoreOf(rows).BeginAsync(New("one"), default));

        Assert.Null(await StoreOf(rows).BeginAsync(New("two"), default));
    }

    /// <summary>A policy that is held back for four days notes it a hundred times.</summary>
    [Fact]
    public async Task Note_HoweverOften_KeepsTheOperationsOfTheHistory()
    {
        var (rows, time) = (new MemoryStateStore(), new FakeTimeProvider());
        var store = new OperationStore(rows, Stream, time, new QuietEvents());
        var split = New(OperationIds.New(StreamOperationKind.Split, time.GetUtcNow())).Log(Now, "a test") with { Kind = StreamOperationKind.Split };
        await store.EndAsync((await store.BeginAsync(split, default))!, default);
        for (var i = 0; i <= OperationStore.MostHistory; i++)
        {
            time.Advance(TimeSpan.FromHours(1));
            await store.NoteAsync("held", default);
        }

        var history = await store.HistoryAsync(default);
        Assert.Equal(OperationStore.MostHistory + 1, history.Count);
        Assert.Equal(StreamOperationKind.Split, history[^1].Kind);
    }

    /// <summary>The next operation's versions began at 1 again: the holder of the first one wrote over it at the same version.</summary>
    [Fact]
    public async Task Save_ByAHolderThatWasFrozen_NeverReplacesALaterOperation()
    {
        var rows = new MemoryStateStore();
        var frozen = (await StoreOf(rows).BeginAsync(New("one"), default))!;
        var other = (await StoreOf(rows).FindAsync(default))!;
        await other.SaveAsync((other.Operation with { Phase = OperationPhase.Done }).Log(Now, "a test"), default);
        await StoreOf(rows).EndAsync(other, default);
        Assert.Null(await StoreOf(rows).FindAsync(default));
        Assert.NotNull(await StoreOf(rows).BeginAsync(New("two"), default));

        await Assert.ThrowsAsync<OperationLostException>(() => frozen.SaveAsync(frozen.Operation.RequestStop("a test", Now), default));

        Assert.Equal("two", (await StoreOf(rows).FindAsync(default))!.Operation.Id);
    }

    /// <summary>The row was empty: silos of the build before could read nothing of the stream's management after a rollback.</summary>
    [Theory]
    [InlineData(1, "Done")]
    [InlineData(0, "Stopped")]
    public async Task End_LeavesWhatASiloOfTheBuildBefore_ReadsAndEndsOnceMore(int step, string phase)
    {
        var rows = new MemoryStateStore();
        var held = (await StoreOf(rows).BeginAsync(New("one"), default))!;
        var steps = Enumerable.Range(1, 2).Select(static i => new OperationStep(ReshardStepKind.Split, 0, UInt128.MaxValue, (UInt128)i, 0));
        var ended = held.Operation with { Steps = [.. steps], Step = step, Phase = Enum.Parse<OperationPhase>(phase) };
        await held.SaveAsync(Enumerable.Range(0, 50).Aggregate(ended, static (o, i) => o.Log(Now, $"event {i} \"is_left\":true")), default);
        Assert.NotNull(await StoreOf(rows).FindAsync(default));
        await StoreOf(rows).EndAsync(held, default);

        var row = (await rows.ReadAsync(OperationStore.IntentKind, Stream, default))!;
        Assert.False(OperationStore.IsIntent(row));
        Assert.InRange(row.Text.Length, 1, 1_000);
        // What it does: it takes the operation over, and tells of it until it has ended it.
        var left = OperationRules.TakenOver(ReshardOperation.FromJson(row.Text), Now);
        var end = Assert.IsType<OperationAction.End>(OperationRules.Next(left, null, Now).Action);
        Assert.Equal(phase == "Done" ? [] : [(UInt128)1], end.Withdrawn);
        Assert.Equal(("one", phase), (left.ToStreamOperation().OperationId, $"{left.ToStreamOperation().State}"));
    }

    /// <summary>Rows of operations that ended were empty for a while.</summary>
    [Fact]
    public async Task Begin_WhereTheRowIsEmpty_IsBegun()
    {
        var rows = new MemoryStateStore();
        await rows.WriteAsync(OperationStore.IntentKind, Stream, 0, "", default);
        Assert.Null(await StoreOf(rows).FindAsync(default));

        Assert.NotNull(await StoreOf(rows).BeginAsync(New("one"), default));
    }

    private static ReshardOperation New(string id) => new()
    {
        Id = id,
        Stream = Stream,
        StreamCreated = Now,
        Steps = [],
        PhaseSince = Now,
        Reason = "a test",
    };

    /// <summary>A right that is missing looks like a store that is away: an operation must not stand still without a word.</summary>
    [Fact]
    public async Task Save_WhileTheStoreRefuses_TellsWhyOnce()
    {
        var (refusals, time, troubles) = (0, new FakeTimeProvider(), new KeptLoadTests.Troubles());
        var rows = new FailingRows { OnWrite = (_, _) => refusals-- > 0 ? new StateStoreException("no right") : null };
        var held = (await new OperationStore(rows, Stream, time, troubles).BeginAsync(New("one"), default))!;
        refusals = 3;
        var saving = held.SaveAsync(held.Operation.RequestStop("a test", Now), default);
        await time.PassUntilAsync(() => saving.IsCompleted, TimeSpan.FromSeconds(2));

        await saving;
        Assert.Equal([$"{Stream}: saving its operation: no right"], troubles.Told);
    }

    private static OperationStore StoreOf(IStateStore rows) => new(rows, Stream, TimeProvider.System, new QuietEvents());

    private sealed class RepeatingStore(IStateStore store) : RowsOver(store)
    {
        public override async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
        {
            await base.WriteAsync(kind, key, over, text, cancellationToken);
            return await base.WriteAsync(kind, key, over, text, cancellationToken);
        }
    }
}
