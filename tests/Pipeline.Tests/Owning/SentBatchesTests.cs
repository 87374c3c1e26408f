using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

/// <remarks>Tests <see cref="SentBatches{T}"/> and <see cref="OutgoingBatch"/>.</remarks>
public sealed class SentBatchesTests
{
    private readonly SentBatches<Batch> _sent = new();

    [Fact]
    public void End_OfRecordsOfSeveralBatches_FindsEachByItsNumber_AndEndsItOnce()
    {
        var (first, second) = (Send(100, "a", "b"), Send(500, "c"));
        List<(Batch Batch, string Key)> ended = [];

        // Numbers in the gap, before the first and after the last are of no batch.
        End(101, 500, 101, 102, 499, 501, 99);
        End(500);

        Assert.Equal([(first, "b"), (second, "c")], ended);
        Assert.Equal([first], _sent.All);
        Assert.Equal((1, false), (first.Open, first.HasEnded));

        void End(params long[] records) => _sent.End(
            Outcomes(records), (batch, place, result) => ended.Add((batch, batch.OutcomeOf(place, result).Result.Record!.Value.PartitionKey)));
    }

    /// <summary>Whoever took batches forgets those below it: of one that is sent again it must still know that it has it.</summary>
    [Fact]
    public void EndedBefore_IsTheFirstOpenBatch_OrWhatComesNext()
    {
        Assert.Equal(0, _sent.EndedBefore);
        Send(100, "a");
        var later = Send(500, "b", "c");
        Assert.Equal(100, _sent.EndedBefore);

        _sent.End(Outcomes(100), static (_, _, _) => { });
        Assert.Equal(500, _sent.EndedBefore);

        _sent.Remove(later);
        Assert.Equal((502, 502, true), (_sent.EndedBefore, _sent.Next, _sent.IsEmpty));
    }

    [Fact]
    public void EndAll_OfSome_LeavesTheOthers_AndEndsOnlyWhatIsOpen()
    {
        var (lost, kept) = (Send(100, "a", "b"), Send(200, "c"));
        _sent.End(Outcomes(100), static (_, _, _) => { });
        List<ForwardedOutcome> ends = [];

        _sent.EndAll(b => b == lost, ends, RecordStatus.Unknown, "Code", "why");

        var end = Assert.Single(ends).Result;
        Assert.Equal((RecordStatus.Unknown, "Code", "why", "b"), (end.Status, end.ErrorCode, end.ErrorMessage, end.Record!.Value.PartitionKey));
        Assert.Equal([kept], _sent.All);
    }

    private static PackedOutcomes Outcomes(params long[] records)
    {
        var writer = new PackedOutcomesWriter();
        foreach (var record in records)
            Assert.True(writer.TryAdd(record, RecordResult.NotDelivered(RecordStatus.Failed, "Code", "why", null)));
        return PackedOutcomes.Parse(writer.ToArray());
    }

    private Batch Send(long first, params string[] keys)
    {
        var builder = new BatchBuilder();
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushBarrier().Enter(keys.Length), 0, TimeSpan.TicksPerMinute, Immediate: false));
        foreach (var key in keys)
        {
            Assert.True(builder.TryAdd(
                new IncomingRecord
                {
                    PartitionKey = System.Text.Encoding.UTF8.GetBytes(key),
                    Data = "data"u8,
                    HashKey = default,
                    HasExplicitHashKey = false,
                    Member = new MemberRef(sink, 0),
                },
                hash: null));
        }

        var batch = new Batch(builder.Take()) { First = first };
        _sent.Add(batch);
        return batch;
    }

    private sealed class Batch(BatchContent content) : OutgoingBatch(content);
}
