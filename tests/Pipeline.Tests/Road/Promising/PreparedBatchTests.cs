using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Road.Promising;

/// <summary>One batch for records that a caller passes, and for those of a message, which are read where they are.</summary>
/// <remarks>Tests <see cref="PackedOrigin"/> too.</remarks>
public sealed class PreparedBatchTests
{
    private const int First = 70, MostBytes = 10;

    private static readonly UInt128 Given = UInt128.MaxValue / 3;

    /// <summary>The second is too large, and the third has an explicit hash key: places among those read are no places among the valid ones.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Records_BehindAnInvalidOne_AreThemselves(bool arePacked)
    {
        var ends = new Ends();
        var batch = Read(arePacked, ends);

        Assert.Equal([First + 1], ends.Keys);
        Assert.Equal((RecordErrorCodes.RecordTooLarge, "b"), (ends[First + 1].ErrorCode, ends[First + 1].Record!.Value.PartitionKey));
        Assert.Equal([Plain("a", "1", First), Explicit("c", "333", First + 2), Plain("d", "", First + 3)], Seen(batch));
        Assert.Equal(ChargeOf(1, 1) + ChargeOf(1, 3, isExplicit: true) + ChargeOf(1, 0), batch.Charge);
        Assert.True(batch.HasHashes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EndAll_WithARefusal_GivesEachValidRecordBack_AsItWasPut(bool arePacked)
    {
        var batch = Read(arePacked, new Ends());
        var ends = new Ends();

        batch.EndAll(ends, new Refusal(RecordErrorCodes.Dropped, "full"));

        Assert.Equal([First, First + 2, First + 3], ends.Keys.Order());
        Assert.Equal(
            [("a", "1", null), ("c", "333", Given), ("d", "", null)],
            ends.OrderBy(static e => e.Key).Select(static e => e.Value.Record!.Value)
                .Select(static r => (r.PartitionKey, Encoding.UTF8.GetString(r.Data.Span), r.ExplicitHashKey)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MoveTo_TakesAllOfARecord_AndItsCharge(bool arePacked)
    {
        var (batch, other) = (Read(arePacked, new Ends()), new PreparedBatch());

        batch.MoveTo(other, static hashKey => hashKey == Given);

        Assert.Equal([Explicit("c", "333", First + 2)], Seen(other));
        Assert.Equal((ChargeOf(1, 3, isExplicit: true), true), (other.Charge, other.HasHashes));
        Assert.Equal([Plain("a", "1", First), Plain("d", "", First + 3)], Seen(batch));
        Assert.Equal(ChargeOf(1, 1) + ChargeOf(1, 0), batch.Charge);
    }

    /// <summary>Another silo found the hash keys, and some records have been on their way before.</summary>
    [Fact]
    public void ForwardedRecords_KeepTheirHashKeysAndNumbers_AlsoWhereTheyMove()
    {
        var (writer, own) = (new PackedRecordsWriter(), (UInt128)4);
        Assert.True(writer.TryAdd("a"u8, "1"u8, own));
        Assert.True(writer.TryAdd("b"u8, "22"u8, Given, isExplicit: true, new PackedNumber(7, 1, 40)));
        Assert.True(writer.TryAdd("c"u8, "333"u8, own, isExplicit: false, new PackedNumber(7, 1, 41)));
        var (batch, other, records) = (new PreparedBatch(), new PreparedBatch(), PackedRecords.Parse(writer.ToArray()));

        PackedOrigin.ReadForwarded(batch, records, records.Positions(), First);
        batch.MoveTo(other, static hashKey => hashKey != Given);

        Assert.Equal([new("b", "22", Given, true, First + 1, new ProducerNumber(7, 1, 40))], Seen(batch));
        Assert.Equal([new("a", "1", own, false, First, null), new("c", "333", own, false, First + 2, new ProducerNumber(7, 1, 41))], Seen(other));
    }

    /// <summary>Consumers would drop other records for a number that a client made up.</summary>
    [Fact]
    public void NumbersThatAClientSends_AreNotTheRecords()
    {
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("a"u8, "1"u8, number: new PackedNumber(7, 1, 40)));
        using var source = new PackedSource(PackedRecords.Parse(writer.ToArray()));
        var batch = new PreparedBatch();

        source.ReadInto(batch, 0, 1, MostBytes, new Ends());

        Assert.Equal([Plain("a", "1", 0)], Seen(batch));
    }

    [Fact]
    public void GiveHashKey_MakesItTheRecordsOwn_AndNoOtherOnes()
    {
        var batch = Read(arePacked: true, new Ends());

        batch.GiveHashKey(0, 1);
        batch.GiveHashKey(0, 2);

        Assert.Equal([new("a", "1", 2, true, First, null), Explicit("c", "333", First + 2), Plain("d", "", First + 3)], Seen(batch));
        Assert.Equal([true, true, false], Enumerable.Range(0, batch.Count).Select(batch.IsExplicit));
    }

    /// <summary>Where nothing is routed only these are read; the others are found once they are asked for.</summary>
    [Fact]
    public void HashKeys_ThatAreNotNeeded_AreFoundLater()
    {
        var batch = new PreparedBatch();
        batch.Read(new UserRecord[] { new("a", default), new("b", default, Given) }, 0, MostBytes, new Ends(), hashesKeys: false);
        Assert.Equal((Given, false), (batch.Hashes[1], batch.HasHashes));

        batch.FindHashes(hashesKeys: true);

        Assert.Equal([HashKey.OfPartitionKey("a"u8), Given], batch.Hashes.ToArray());
        Assert.True(batch.HasHashes);
    }

    /// <summary>Records of a caller behind those of another silo: nothing of these is left.</summary>
    [Fact]
    public void ABatchThatIsUsedAgain_HasNothingOfItsFormerRecords()
    {
        var (pool, writer) = (new BatchPool(), new PackedRecordsWriter());
        Assert.True(writer.TryAdd("x"u8, "former"u8, Given, isExplicit: true, new PackedNumber(7, 1, 40)));
        var records = PackedRecords.Parse(writer.ToArray());
        var batch = pool.Rent();
        PackedOrigin.ReadForwarded(batch, records, records.Positions(), First);
        batch.Sink = new BatchOutcome(1).NewPart(1, new AcceptanceTerms(new FlushBarrier().Enter(1), 0, 0, Immediate: false));

        pool.Return(batch);

        Assert.Equal((0, 0L, false), (batch.Count, batch.Charge, batch.HasNumbers));
        Assert.Null(batch.Sink);
        Assert.Same(batch, pool.Rent());
        batch.Read(new UserRecord[] { new("a", "1"u8.ToArray()) }, 0, MostBytes, new Ends(), hashesKeys: true);
        Assert.Equal([Plain("a", "1", 0)], Seen(batch));
        Assert.Null(batch.Record(0).Member.Sink);
        // And the other way round.
        PackedOrigin.ReadForwarded(batch, records, records.Positions(), First);
        Assert.Equal([new("x", "former", Given, true, First, new ProducerNumber(7, 1, 40))], Seen(batch));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ABatchWithoutRecords_IsEmpty_AlsoWhereItHadSome(bool arePacked)
    {
        var (batch, other, ends) = (Read(!arePacked, new Ends()), Read(!arePacked, new Ends()), new Ends());
        var none = PackedRecords.Parse(new PackedRecordsWriter().ToArray());

        if (arePacked)
            PackedOrigin.Read(batch, none, none.Positions(), 0, MostBytes, ends);
        else
            batch.Read(default, 0, MostBytes, ends, hashesKeys: true);
        batch.MoveTo(other, static _ => true);
        batch.EndAll(ends, new Refusal(RecordErrorCodes.Dropped, "full"));

        Assert.Equal((0, 0L, 0, 0L), (batch.Count, batch.Charge, other.Count, other.Charge));
        Assert.True(batch.Hashes.IsEmpty);
        Assert.Empty(ends);
    }

    /// <summary>It is still in the processor's caches.</summary>
    [Fact]
    public void TheBatchThatCameBackLast_IsUsedNext()
    {
        var pool = new BatchPool();
        var (one, two) = (pool.Rent(), pool.Rent());
        Assert.NotSame(one, two);

        pool.Return(two);
        pool.Return(one);

        Assert.Equal([one, two], [pool.Rent(), pool.Rent()]);
    }

    /// <summary>Reads four records, of which the second is too large and the third has an explicit hash key.</summary>
    private static PreparedBatch Read(bool arePacked, Ends ends)
    {
        UserRecord[] records =
        [
            new("a", "1"u8.ToArray()), new("b", new byte[MostBytes]), new("c", "333"u8.ToArray(), Given), new("d", ReadOnlyMemory<byte>.Empty),
        ];
        var batch = new PreparedBatch();
        if (!arePacked)
        {
            batch.Read(records, First, MostBytes, ends, hashesKeys: true);
            return batch;
        }

        var writer = new PackedRecordsWriter();
        foreach (var record in records)
            Assert.True(writer.TryAdd(record.PartitionKey, record.Data.Span, record.ExplicitHashKey, record.ExplicitHashKey.HasValue));
        var packed = PackedRecords.Parse(writer.ToArray());
        PackedOrigin.Read(batch, packed, packed.Positions(), First, MostBytes, ends);
        return batch;
    }

    private static long ChargeOf(int keyBytes, int dataBytes, bool isExplicit = false) => RecordValidator.Charge(keyBytes, isExplicit, dataBytes);

    private static Seeing Plain(string key, string data, int index) =>
        new(key, data, HashKey.OfPartitionKey(Encoding.UTF8.GetBytes(key)), false, index, null);

    private static Seeing Explicit(string key, string data, int index) => new(key, data, Given, true, index, null);

    private static IEnumerable<Seeing> Seen(PreparedBatch batch) => Enumerable.Range(0, batch.Count).Select(pick =>
    {
        var record = batch.Record(pick);
        return new Seeing(
            Encoding.UTF8.GetString(record.PartitionKey), Encoding.UTF8.GetString(record.Data), record.HashKey, record.HasExplicitHashKey,
            record.Member.Index, record.Number);
    });

    private sealed record Seeing(string Key, string Data, UInt128 HashKey, bool IsExplicit, int Index, ProducerNumber? Number);

    /// <summary>The outcomes of records that were not accepted, by index.</summary>
    private sealed class Ends : Dictionary<int, RecordResult>, IBatchOutcomes
    {
        public bool HasAccepted { get; set; }

        public void End(int index, in RecordResult result) => Add(index, result);

        public OutcomeSink NewPart(int count, in AcceptanceTerms terms) => throw new NotSupportedException();

        public void AllHandedOver()
        {
        }
    }
}
