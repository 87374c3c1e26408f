using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Contracts.Tests.Messages;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Contracts.Tests.Producing;

public sealed class RecordBatchTests
{
    [Fact]
    public void RecordBatch_HoweverItIsMade_HoldsTheRecords()
    {
        UserRecord[] records = [new("a", "1"u8.ToArray()), new("b", "2"u8.ToArray(), 7), new("", default)];
        RecordBatch expression = [.. records];
        var batches = new[]
        {
            new RecordBatch(records),
            new RecordBatch(records.ToList()),
            new RecordBatch(records.Where(_ => true)),
            new RecordBatch(new RecordBatch(records)),
            RecordBatch.Create(records),
            expression,
        };

        Assert.All(batches, b => Assert.Equal(3, b.Count));
        Assert.All(batches, b => Assert.Equal(Shape.Of(records), Shape.Of(b)));
        Assert.All(batches, b => Assert.Equal(Shape.Of(records), Shape.Of(Wire.Send(b))));
    }

    [Fact]
    public void RecordBatch_OfNothing_HasNoMessage()
    {
        Assert.Empty(new RecordBatch([]).Messages);
        Assert.Empty(Wire.Send(new RecordBatch([])));
    }

    [Fact]
    public void RecordBatch_OfAnyRecords_PacksThemInOrderIntoSmallMessages() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var records = Enumerable.Range(0, random.Next(600))
                .Select(i => new UserRecord($"key-{i}", new byte[random.Next(50) == 0 ? 100_000 : random.Next(400)], i % 7 == 0 ? (UInt128)i : null))
                .ToArray();

            var batch = Wire.Send(new RecordBatch(records));

            foreach (var message in batch.Messages)
            {
                if (message.Length > PackedRecordsWriter.DefaultMaxBytes)
                    Assert.Equal(1, PackedRecords.Parse(message).Count);
            }

            return batch.Count == records.Length && Shape.Of(batch) == Shape.Of(records);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void RecordBatch_OncePacked_NeedsTheMemoryNoMore()
    {
        var data = "data"u8.ToArray();
        var batch = new RecordBatch([new UserRecord("k", data)]);

        data[0] = 0;

        Assert.Equal("data"u8, batch.Single().Data.Span);
    }

    [Fact]
    public void RecordBatch_WhenAKeyIsNull_CarriesAnEmptyOne() => Assert.Equal("", new RecordBatch([default]).Single().PartitionKey);

    [Fact]
    public void RecordBatch_AboveItsLimits_IsRefused()
    {
        var large = new UserRecord("k", new byte[9 << 20]);

        Assert.Contains("100001", Assert.Throws<ArgumentException>(() => new RecordBatch(new UserRecord[RecordBatch.MaxRecords + 1])).Message,
            StringComparison.Ordinal);
        Assert.Contains("in several", Assert.Throws<ArgumentException>(() => new RecordBatch([large, large, large, large])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new RecordBatch([new UserRecord("k", new byte[RecordBatch.MaxBytes])]));
        Assert.Equal(3, new RecordBatch([large, large, large]).Count);
    }

    /// <summary>A batch that some other program made.</summary>
    [Fact]
    public void Records_WhenTheBytesAreRubbish_GiveTheTypedError()
    {
        var bytes = Wire.Serializer.SerializeToArray(new RecordBatch([new UserRecord("key", "data"u8.ToArray())]));
        var format = bytes.AsSpan().IndexOf((byte[])[PackedRecords.Format, 1, 3, 4 << 2]);

        bytes[format] = 99;

        var batch = Wire.Serializer.Deserialize<RecordBatch>(bytes)!;
        Assert.Throws<PackedFormatException>(() => batch.Records.Length);
        Assert.Throws<PackedFormatException>(() => batch.Count);
        Assert.IsType<PackedFormatException>(Wire.Send<Exception>(Assert.Throws<PackedFormatException>(() => batch.ToList())));
    }

    [Fact]
    public void Records_WhenMoreThanABatchCanHave_GiveTheTypedError()
    {
        var message = new RecordBatch(new UserRecord[20_000]).Messages[0];
        var batch = Wire.Send(RecordBatch.Of([.. Enumerable.Repeat(message, 10)]));

        Assert.Throws<PackedFormatException>(() => batch.Count);
    }
}
