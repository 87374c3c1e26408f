using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Pipeline.Tests.Numbers;

/// <remarks>Tests <see cref="ProducerNumbers"/>, <see cref="NumberLine"/> and <see cref="Aggregation.ProducerLine"/> too.</remarks>
public sealed class GivenNumbersTests
{
    private const string Stream = "events";

    private readonly FakeTimeProvider _time = new();
    private readonly GivenNumbers _given = new();

    [Fact]
    public void Of_TellsTheLastNumberOfEachLine_TheLatestFirst()
    {
        var producer = NewProducer();
        var (one, two) = (producer.NewLine(), producer.NewLine());
        producer.NewLine();
        Assert.Empty(_given.Of(Stream));
        var begun = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(1));
        two.GiveUpTo(7);
        _time.Advance(TimeSpan.FromSeconds(1));
        one.GiveUpTo(5);
        one.GiveUpTo(5);

        var told = _given.Of(Stream);

        Assert.Equal([$"{one.Next with { Number = 4 }}", $"{two.Next with { Number = 6 }}"], told.Select(static l => l.ProducerNumber));
        Assert.Equal([begun.AddSeconds(2), begun.AddSeconds(1)], told.Select(static l => l.GivenAt));
        Assert.All(told, l => Assert.Equal((begun, false), (l.BegunAt, l.IsInBacklog)));
        Assert.Empty(_given.Of("others"));
    }

    /// <summary>Those of the last seven were told: of a stream that rests now and then the end of most lines was not known.</summary>
    [Fact]
    public void Of_AStreamThatOpensAgainAndAgain_TellsAllProducersThatGaveNumbers()
    {
        for (var opened = 0; opened < 20; opened++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            NewProducer().NewLine().GiveUpTo(opened % 2 == 0 ? opened + 1 : 0);
        }

        Assert.Equal([18, 16, 14, 12, 10, 8, 6, 4, 2, 0], _given.Of(Stream).Select(static l => NumberOf(l).Number));
        _given.Forget(Stream);
        Assert.Empty(_given.Of(Stream));
    }

    [Fact]
    public void Of_MoreLinesThanAreTold_TellsTheLatest()
    {
        var producer = NewProducer();
        for (var line = 0; line < (2 * ProducerNumbers.Told) + 10; line++)
        {
            _time.Advance(TimeSpan.FromTicks(1));
            producer.NewLine().GiveUpTo(1);
        }

        var told = _given.Of(Stream);
        Assert.Equal(ProducerNumbers.Told, told.Count);
        Assert.Equal((2 * ProducerNumbers.Told) + 10, NumberOf(told[0]).Line);
    }

    /// <summary>In an outage of an ordered stream aggregates of records that have their numbers begin lines by the thousand, and give none.</summary>
    [Fact]
    public void Of_LinesThatNeverGiveANumber_CrowdOutNoOther()
    {
        var producer = NewProducer();
        producer.NewLine().GiveUpTo(1);
        for (var line = 0; line < 2 * ProducerNumbers.Told; line++)
            producer.NewLine();

        Assert.Equal((1, 0L), Assert.Single(_given.Of(Stream).Select(static l => (NumberOf(l).Line, NumberOf(l).Number))));
    }

    [Fact]
    public void Of_MoreProducersThanHaveLinesThatAreTold_TellsTheLatest()
    {
        for (var opened = 0; opened < 30; opened++)
        {
            var producer = NewProducer();
            for (var line = 0; line < 500; line++)
            {
                _time.Advance(TimeSpan.FromTicks(1));
                producer.NewLine().GiveUpTo(opened + 1);
            }
        }

        Assert.Equal([.. Enumerable.Range(10, 20).Reverse()], _given.Of(Stream).Select(static l => (int)NumberOf(l).Number).Distinct());
        Assert.Equal(ProducerNumbers.Told, _given.Of(Stream).Count);
    }

    [Fact]
    public void ANumberLine_ThatIsFull_GoesOnInTheNext()
    {
        var numbers = new NumberLine(NewProducer().NewLine);
        var first = numbers.Next;
        for (var i = 0; i < 65_536; i++)
            Assert.Equal(first with { Number = i }, numbers.Give());
        Assert.Equal(first with { Line = first.Line + 1 }, numbers.Next);
        Assert.Equal([65_535L], _given.Of(Stream).Select(static l => NumberOf(l).Number));
    }

    /// <summary>A look at the clock for each record would cost more than the number.</summary>
    [Fact]
    public void ANumberLine_LooksAtTheClockWhenItTells_AndTellsAllThatItGave()
    {
        var numbers = new NumberLine(NewProducer().NewLine);
        var begun = _time.GetUtcNow();
        for (var i = 0; i < 100; i++)
            numbers.Give();
        Assert.Empty(_given.Of(Stream));
        _time.Advance(TimeSpan.FromSeconds(1));
        numbers.Tell();
        var told = Assert.Single(_given.Of(Stream));
        Assert.Equal((99L, begun.AddSeconds(1)), (NumberOf(told).Number, told.GivenAt));
    }

    private static ProducerNumber NumberOf(LastNumber told) => ProducerNumber.TryParse(told.ProducerNumber, out var number) ? number : default;

    private ProducerNumbers NewProducer()
    {
        var producer = new ProducerNumbers(new Random(1), _time);
        _given.Add(Stream, producer);
        return producer;
    }
}

/// <summary>What is kept of producers that have ended.</summary>
public sealed class EndedNumbersTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Join_KeepsWhatWasGivenLast()
    {
        var kept = EndedNumbers.Join(
            Lines(900, Now.AddDays(-1)) with { Failed = [.. Enumerable.Range(0, 800).Select(static i => $"f{i}")], FailedBeyond = 3 },
            Lines(200, Now) with { Failed = [.. Enumerable.Range(800, 300).Select(static i => $"f{i}")], FailedBeyond = 4 },
            Now);
        Assert.Equal((1_000, 200), (kept.Lines.Count, kept.Lines.Count(static l => l.GivenAt == Now)));
        Assert.Equal((1_000, "f100", "f1099", 107L), (kept.Failed.Count, kept.Failed[0], kept.Failed[^1], kept.FailedBeyond));
        Assert.InRange(JsonSerializer.Serialize(kept, AdminJson.Default.LastNumbers).Length, 1, 300_000); // of the 400 KB that a row may have
    }

    [Fact]
    public void Join_ForgetsWhatNoStreamKeeps() =>
        Assert.Equal(5, EndedNumbers.Join(Lines(10, Now.AddDays(-366)), Lines(5, Now), Now).Lines.Count);

    [Theory]
    [InlineData("numbers")]
    [InlineData("{}")]
    [InlineData("null")]
    public void Read_OfSomethingElse_IsAnError(string text) => Assert.Throws<JsonException>(() => EndedNumbers.Read(text));

    /// <summary>Silos of one cluster may stop together.</summary>
    [Fact]
    public async Task Keep_WhereAnotherWritesAtTheSameTime_KeepsBoth()
    {
        var rows = new MemoryStateStore();
        await Task.WhenAll(Enumerable.Range(1, 8).Select(n => Task.Run(() => EndedNumbers.KeepAsync(
            rows, "events", former => EndedNumbers.Join(former, Lines(n, Now), Now), Assert.Fail, default))));
        Assert.Equal(36, (await EndedNumbers.ReadAsync(rows, "events", default)).Lines.Count);
        Assert.Empty((await EndedNumbers.ReadAsync(rows, "others", default)).Lines);
    }

    [Fact]
    public async Task Keep_WhereTheRowIsSomethingElse_SaysSoOnce_AndReplacesIt()
    {
        var rows = new MemoryStateStore();
        await rows.WriteAsync(EndedNumbers.Kind, "events", 0, "no numbers", default);
        var refused = await Assert.ThrowsAsync<StateStoreException>(() => EndedNumbers.ReadAsync(rows, "events", default));
        List<string> told = [];
        for (var n = 1; n <= 2; n++)
            await EndedNumbers.KeepAsync(rows, "events", former => EndedNumbers.Join(former, Lines(n, Now), Now), told.Add, default);
        Assert.Equal(3, (await EndedNumbers.ReadAsync(rows, "events", default)).Lines.Count);
        Assert.Equal([refused.Message], told);
        Assert.StartsWith("what producers that have ended told of the numbers of events cannot be read: ", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A silo that stops waits for no store; that one failed afterwards is nobody's matter any more.</summary>
    [Fact]
    public async Task KeepAll_WhereTheStoreFailsAfterTheLimit_LeavesNoFailureUnobserved()
    {
        const string late = "the table was not reached, long after the silo had stopped";

        Assert.DoesNotContain(late, await UnobservedFailures.OfAsync(StopAsync));

        static async Task StopAsync()
        {
            var rows = new LateRows();
            using var end = new CancellationTokenSource();
            var keeping = EndedNumbers.KeepAllAsync(rows, ["events"], static (_, former) => former, static (_, _) => { }, end.Token);
            await end.CancelAsync();
            await keeping;
            rows.Answer.SetException(new StateStoreException(late));
        }
    }

    private static LastNumbers Lines(int count, DateTimeOffset at) => new()
    {
        Lines = [.. Enumerable.Range(1, count).Select(
            i => new LastNumber { ProducerNumber = $"{new ProducerNumber(ulong.MaxValue, i, 1L << 40)}", BegunAt = at, GivenAt = at })],
    };

    /// <summary>Rows that answer when the test says so, whatever is cancelled.</summary>
    private sealed class LateRows : IRowStore
    {
        public TaskCompletionSource<StateRow?> Answer { get; } = new();

        public Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) => Answer.Task;

        public Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) => Answer.Task;
    }
}
