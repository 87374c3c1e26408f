using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Contracts.Tests.Messages;

public sealed class ResultTests
{
    [Fact]
    public void Results_OfOneKinesisRecord_ShareTheirEndAfterTheWay()
    {
        var end = RecordResult.Delivered(
            "shardId-000000000001", new string('4', 56), 0, [new() { StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch }]).Outcome!;
        var results = Enumerable.Range(0, 500).Select(i => new RecordResult(end, i)).ToArray();

        var bytes = Wire.Serializer.SerializeToArray(results);
        var arrived = Wire.Serializer.Deserialize<RecordResult[]>(bytes)!;

        Assert.InRange(bytes.Length, 500, 500 * 12);
        Assert.Equal(Enumerable.Range(0, 500), arrived.Select(r => r.SubSequenceNumber));
        Assert.All(arrived, r => Assert.Same(arrived[0].Outcome, r.Outcome));
    }

    [Fact]
    public void Results_WhenACallCopiesThem_KeepTheirEnds()
    {
        RecordResult[] results = [RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "late", new UserRecord("k", "v"u8.ToArray()))];

        Assert.Same(results[0].Outcome, Wire.Copier.Copy(results)![0].Outcome);
    }

    [Fact]
    public void Results_OfRecordsThatFailedTogether_ArriveEachWithItsOwnRecord()
    {
        var end = new SharedOutcome { Status = RecordStatus.Failed, ErrorCode = "Expired", Records = new NumberedRecords() };

        var arrived = Wire.Serializer.Deserialize<RecordResult[]>(Wire.Serializer.SerializeToArray((RecordResult[])[new(end, 4), new(end, 5)]))!;

        Assert.Equal(["key-4", "key-5"], arrived.Select(r => r.Record!.Value.PartitionKey));
        Assert.All(arrived, r => Assert.Equal(("Expired", 0), (r.ErrorCode, r.SubSequenceNumber)));
    }

    [Fact]
    public void Record_WhenACallCopiesIt_HasDataOfItsOwn()
    {
        var data = "data"u8.ToArray();

        var copy = Wire.Copier.Copy(new UserRecord("k", data, 5));
        data[0] = 0;

        Assert.Equal("data"u8, copy.Data.Span);
        Assert.Equal(("k", (UInt128)5), (copy.PartitionKey, copy.ExplicitHashKey));
    }

    [Fact]
    public void Record_WhenItIsTooLargeForAnyMessage_NeverLeavesTheCaller()
    {
        var record = new UserRecord("k", new byte[RecordBatch.MaxBytes]);

        var thrown = Assert.Throws<RecordValidationException>(() => Wire.Copier.Copy(record));

        Assert.Equal(RecordErrorCodes.RecordTooLarge, thrown.Code);
    }

    [Fact]
    public void PutOptions_WhenSent_ArriveExactly() =>
        Prop.ForAll<long, bool, int>((ticks, immediate, level) =>
        {
            var options = new PutOptions
            {
                Immediate = immediate,
                TimeToLive = ticks % 3 == 0 ? null : new TimeSpan(ticks),
                AckLevel = level % 2 == 0 ? null : (AckLevel)(Math.Abs(level) % 3),
            };
            return Wire.Send(options) == options;
        }).QuickCheckThrowOnFailure();

    /// <summary>The error keeps its type where the caller only waits for any exception, as a grain call does.</summary>
    [Fact]
    public void Error_WhenSentAsAnyException_KeepsItsTypeAndCode()
    {
        Exception error = new RecordValidationException(RecordErrorCodes.InvalidStream, "'a b' is no stream");

        var arrived = Assert.IsType<RecordValidationException>(Wire.Send(error));

        Assert.Equal((RecordErrorCodes.InvalidStream, error.Message), (arrived.Code, arrived.Message));
    }

    private sealed class NumberedRecords : FailedRecords
    {
        public override UserRecord? Read(int index, out PackedNumber? number)
        {
            number = new PackedNumber(7, 1, index);
            return new UserRecord($"key-{index}", default);
        }

        public override void LetGo()
        {
        }
    }
}
