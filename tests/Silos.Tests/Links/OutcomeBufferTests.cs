using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>Outcomes of records, kept until whoever sent these has them.</summary>
public sealed class OutcomeBufferTests
{
    private readonly OutcomeBuffer _outcomes = new();

    [Fact]
    public void Take_ReturnsTheSameUntilItIsAcknowledged()
    {
        Add(1, 2, 3);
        var (first, messages) = _outcomes.Take();
        Assert.Equal((1, 3), (first, _outcomes.Records));
        Assert.Equal([1L, 2L, 3L], RecordsOf(messages));

        var again = _outcomes.Take();
        Assert.Equal(1, again.First);
        Assert.Equal([1L, 2L, 3L], RecordsOf(again.Messages));

        _outcomes.Acknowledge(upTo: 1);
        Assert.Equal(0, _outcomes.Records);
        Assert.True(_outcomes.IsEmpty);
        Assert.Empty(_outcomes.Take().Messages);
    }

    /// <summary>The call of a gateway that was lost packed what came after the next one had looked: that one waited for two seconds.</summary>
    [Fact]
    public void WaitAsync_WhereAnotherCallHasPackedWhatCame_DoesNotWait()
    {
        Assert.Empty(_outcomes.Take().Messages);
        Add(1);
        _outcomes.Take();

        Assert.True(_outcomes.WaitAsync().IsCompleted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    public void Acknowledge_OfWhatWasNeverTaken_LetsNothingGo(int records)
    {
        Add([.. Enumerable.Range(1, records).Select(static i => (long)i)]);
        _outcomes.Acknowledge(1);
        Assert.Equal(records, _outcomes.Records);
        _outcomes.Take();
        _outcomes.Acknowledge(9);

        Assert.Equal(records, _outcomes.Records);
        Assert.False(_outcomes.IsEmpty);
    }

    [Fact]
    public void Take_OfMore_ThanAnAnswerHolds_GivesTheRestLater()
    {
        const int Many = 60_000;
        Add([.. Enumerable.Range(1, Many).Select(static i => (long)i)]);
        var (seen, answers) = (new List<long>(), 0);
        while (_outcomes.Take() is { Messages.Length: > 0 } answer)
        {
            Assert.InRange(answer.Messages.Length, 1, 8);
            seen.AddRange(RecordsOf(answer.Messages));
            _outcomes.Acknowledge(answer.First + answer.Messages.Length - 1);
            answers++;
        }

        Assert.True(answers > 1);
        Assert.Equal(Enumerable.Range(1, Many).Select(i => (long)i), seen);
        Assert.Equal(0, _outcomes.Records);
    }

    /// <summary>A silo that sends records and takes no outcomes of them ends them by time: what waited for it grew without end.</summary>
    [Fact]
    public void Forget_WhereVeryManyWait_KeepsWhatIsStillOpen()
    {
        const int Many = OutcomeBuffer.FirstLook;
        Add(1);
        _outcomes.Forget(below: 2);
        Assert.Equal(1, _outcomes.Records);

        foreach (var record in Enumerable.Range(2, Many))
            Add(record);
        _outcomes.Forget(below: Many);

        var (first, kept) = (1L, new List<long>());
        while (_outcomes.Take() is { Messages.Length: > 0 } answer)
        {
            Assert.Equal(first, answer.First);
            kept.AddRange(RecordsOf(answer.Messages));
            first += answer.Messages.Length;
            _outcomes.Acknowledge(first - 1);
        }

        // A message goes as a whole, and is told without its records: the numbers of the messages go on.
        Assert.InRange(kept.Count, 2, 2_000);
        Assert.Equal([Many, Many + 1L], kept[^2..]);
        Assert.Equal(0, _outcomes.Records);
    }

    /// <summary>A way that was cut for an hour told its empty messages one by one before anything else.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forget_OfAllThatWaits_LeavesTheNumbersThatWereTold(bool isTold)
    {
        foreach (var record in Enumerable.Range(1, OutcomeBuffer.FirstLook))
            Add(record);
        var told = isTold ? _outcomes.Take().Messages.Length : 0;
        _outcomes.Forget(below: OutcomeBuffer.FirstLook + 1);
        Assert.Equal(0, _outcomes.Records);

        Add(OutcomeBuffer.FirstLook + 1);

        var (first, messages) = _outcomes.Take();
        while (RecordsOf(messages).Count == 0)
        {
            Assert.NotEmpty(messages);
            _outcomes.Acknowledge(first + messages.Length - 1);
            (first, messages) = _outcomes.Take();
        }

        Assert.Equal([OutcomeBuffer.FirstLook + 1L], RecordsOf(messages));
        Assert.Equal(told + 1, first + messages.Length - 1);
        Assert.Equal(1, _outcomes.Records);
    }

    [Fact]
    public async Task WaitAsync_EndsWhenThereIsSomething_AndWhoWaitedBeforeIsSentAway()
    {
        var former = _outcomes.WaitAsync();
        Assert.False(former.IsCompleted);
        var waiting = _outcomes.WaitAsync();
        await former;
        Assert.False(waiting.IsCompleted);

        Add(1);

        await waiting;
        Assert.True(_outcomes.WaitAsync().IsCompleted);
    }

    [Fact]
    public async Task Close_SendsWhoWaitsAway_AndKeepsNothing()
    {
        var waiting = _outcomes.WaitAsync();
        _outcomes.Close();
        await waiting;

        Add(1);

        Assert.True(_outcomes.IsEmpty);
        Assert.Empty(_outcomes.Take().Messages);
        Assert.True(_outcomes.WaitAsync().IsCompleted);
    }

    /// <summary>The call that told it was under way when its silo was lost.</summary>
    [Fact]
    public void Acknowledge_OfWhatWasToldBeforeItClosed_IsNothing()
    {
        Add(1);
        _outcomes.Take();
        _outcomes.Close();

        _outcomes.Acknowledge(1);

        Assert.Equal(0, _outcomes.Records);
        Assert.Empty(_outcomes.Take().Messages);
    }

    private void Add(params long[] records)
    {
        var run = new OutcomeRun();
        foreach (var record in records)
            run.Add(record, Result($"{record}"));
        _outcomes.Add(run);
        Assert.Equal(0, run.Count);
    }

    private static RecordResult Result(string number) => RecordResult.Delivered("shardId-000000000000", number, 0, []);

    private static List<long> RecordsOf(byte[][] messages) => [.. messages.SelectMany(FakeLink.ToldBy).Select(static t => t.Number)];
}
