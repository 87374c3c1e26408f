using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Segments;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Segments;

public sealed class DeadLetterSegmentTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);

    private static readonly DeadLetter[] Letters =
    [
        new()
        {
            Number = 1,
            Record = new UserRecord("a", new byte[] { 1, 2 }),
            ErrorCode = "ValidationException",
            ErrorMessage = "no",
            PersistedAt = At,
            SetAsideAt = At.AddDays(1),
        },
        new()
        {
            Number = long.MaxValue,
            Record = new UserRecord("é", default, UInt128.MaxValue),
            ProducerNumber = new PackedNumber(ulong.MaxValue, -3, 17),
            ErrorCode = "Expired",
            PersistedAt = At.AddSeconds(-1),
            SetAsideAt = At,
        },
    ];

    /// <summary>Written by hand after the format's description, the checksum by a program of its own. It must never change.</summary>
    private static readonly byte[] Golden = Convert.FromHexString(
        "010002" + "01" + "24" + "0050" + "5C18A3010000" + "24000000" // format, stored, letters; 1 letter, 36 bytes; its age; 36 bytes
        + "07" + "0101" + "0108" + "61" + "0102" // the record "a" with two bytes
        + "05" + "80C0E285E368" + "80C0E285E368" // number 5, twice the same instant
        + "0C" + Convert.ToHexString("Wrong Shard"u8) + "03" + "6E6F"); // code, message "no"

    [Fact]
    public void Encode_OfAKnownLetter_IsTheGoldenSegment()
    {
        var letter = new DeadLetter { Number = 5, Record = Letters[0].Record, ErrorCode = "Wrong Shard", ErrorMessage = "no", PersistedAt = At,
            SetAsideAt = At };

        Assert.Equal(Convert.ToHexString(SegmentTests.Resealed([.. Golden, 0, 0, 0, 0])), Convert.ToHexString(DeadLetterSegment.Encode([letter])));
    }

    [Fact]
    public void Encode_OfALetterThatIsAlone_SetsTheBitOfTheHeader_AndThoseOfBothKindsShareNoSegment()
    {
        var alone = Letters[0] with { IsAlone = true };
        var segment = DeadLetterSegment.Encode([alone]);

        Assert.Equal([1, 2, 2], segment[..3]);
        Assert.True(Assert.Single(DeadLetterSegment.Decode(segment)).IsAlone);
        Assert.Throws<ArgumentException>(() => DeadLetterSegment.Encode([alone, Letters[1]]));
    }

    [Fact]
    public void Decode_OfLetters_GivesThemBack()
    {
        var letters = DeadLetterSegment.Decode(DeadLetterSegment.Encode(Letters));

        Assert.Equal(2, letters.Length);
        foreach (var (expected, actual) in Letters.Zip(letters))
        {
            Assert.Equal(expected with { Record = actual.Record }, actual);
            Assert.Equal(expected.Record.PartitionKey, actual.Record.PartitionKey);
            Assert.Equal(expected.Record.ExplicitHashKey, actual.Record.ExplicitHashKey);
            Assert.Equal(expected.Record.Data.ToArray(), actual.Record.Data.ToArray());
        }
    }

    [Fact]
    public void Decode_OfManyAlikeLetters_ReadsWhatWasCompressed()
    {
        var letters = Enumerable.Range(1, 500).Select(i => Letters[0] with { Number = i }).ToArray();
        var segment = DeadLetterSegment.Encode(letters);

        Assert.True(segment.Length < 10_000, $"{segment.Length} bytes");
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), DeadLetterSegment.Decode(segment).Select(l => l.Number));
    }

    [Fact]
    public void Decode_WhenOfRecordsOrCutOffOrChanged_IsDamaged()
    {
        using var records = new SegmentWriter(1 << 20);
        records.TryAdd("a"u8, [1], null, 0);
        Assert.Contains("Records", Assert.Throws<SegmentDamagedException>(() => DeadLetterSegment.Decode(records.Encode())).Message, StringComparison.Ordinal);

        var segment = DeadLetterSegment.Encode(Letters);
        for (var length = 0; length < segment.Length; length++)
            Assert.Throws<SegmentDamagedException>(() => DeadLetterSegment.Decode(segment.AsMemory(0, length)));
        for (var place = 0; place < segment.Length - 4; place++)
        {
            var changed = (byte[])[.. segment];
            changed[place] ^= 0x55;
            Assert.Throws<SegmentDamagedException>(() => DeadLetterSegment.Decode(changed));
            // Also what has a right checksum is read within its bounds, or refused.
            changed[0] = 1;
            Assert.True(Record.Exception(() => DeadLetterSegment.Decode(SegmentTests.Resealed(changed))) is null or SegmentFormatException);
        }
    }
}
