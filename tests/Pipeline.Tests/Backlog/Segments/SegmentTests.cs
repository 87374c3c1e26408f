using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Segments;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Segments;

public sealed class SegmentTests
{
    private const long At = 1_800_000_000_123;

    /// <summary>Written by hand after the format's description; the checksum was computed bit by bit. It must never change.</summary>
    private static readonly byte[] GoldenSegment =
    [
        1, 0, 1, // format, stored, records
        2, 29, // two records, 29 bytes
        0x7B, 0x50, 0x5C, 0x18, 0xA3, 0x01, 0x00, 0x00, // 1,800,000,000,123 ms
        29, 0, 0, 0, // the body as it stands
        1, 2, 2, 3 << 2, 1, (1 << 2) | 3, // packed records, format 1
        (byte)'a', (byte)'b', (byte)'z',
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
        10, 20, 30, 99, // data
        0x24, 0xF7, 0x9C, 0x6B, // CRC-32C
    ];

    [Fact]
    public void Crc32C_OfAnyBytes_IsWhatItsPolynomialGives()
    {
        var bytes = new byte[67];
        new Random(3).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length++)
            Assert.Equal(BitByBit(bytes.AsSpan(0, length)), Crc32C.Of(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Encode_OfKnownRecords_IsTheGoldenSegment()
    {
        using var writer = new SegmentWriter(1 << 20);
        Assert.True(writer.TryAdd("ab"u8, [10, 20, 30], null, At + 1));
        Assert.True(writer.TryAdd("z"u8, [99], 258, At));

        Assert.Equal(Golden(), writer.Encode().ToArray());
        Assert.Equal(2, writer.Records.Count);
    }

    [Fact]
    public void ReadRecords_OfTheGoldenSegment_GivesItsRecords()
    {
        var header = Segment.ReadRecords(Golden(), out var records);

        Assert.Equal(new SegmentHeader(SegmentLogKind.Records, 2, 29, At, false, 29), header);
        Assert.Equal([("ab", "0A141E", null), ("z", "63", (UInt128?)258)], Listed(records));
    }

    /// <summary>A version that does not know the flag refuses the segment instead of aggregating its records.</summary>
    [Fact]
    public void Encode_OfRecordsThatGoAlone_DiffersByAFlag()
    {
        using var writer = new SegmentWriter(1 << 20);
        Assert.True(writer.TryAdd("ab"u8, [10, 20, 30], null, At + 1));
        Assert.True(writer.TryAdd("z"u8, [99], 258, At));

        var segment = writer.Encode(isAlone: true).ToArray();

        var golden = Golden();
        Assert.Equal(golden[1] | 2, segment[1]);
        Assert.Equal(golden[2..^4], segment[2..^4]);
        var header = Segment.ReadRecords(segment, out var records);
        Assert.True(header.IsAlone);
        Assert.Equal([("ab", "0A141E", null), ("z", "63", (UInt128?)258)], Listed(records));
        Assert.Equal(2, SegmentHeader.EntryOf(7, segment.Length, segment).Count);
    }

    /// <summary>Ages are computed of it before the checksum is looked at, and what no time has threw.</summary>
    [Theory]
    [InlineData(At, At)]
    [InlineData(253_402_300_799_999, 253_402_300_799_999)]
    [InlineData(253_402_300_800_000, long.MaxValue)]
    [InlineData(-1, long.MaxValue)]
    [InlineData(long.MinValue, long.MaxValue)]
    public void EntryOf_WhereTheAgeCannotBe_DoesNotKnowIt(long written, long known)
    {
        var segment = Golden();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(segment.AsSpan(5), written);

        Assert.Equal(new SegmentEntry(7, segment.Length, 2, known), SegmentHeader.EntryOf(7, segment.Length, segment));
    }

    [Fact]
    public void Encode_WhenTheBodyShrinks_IsCompressedAndReadBack()
    {
        using var writer = new SegmentWriter(1 << 20);
        for (var i = 0; i < 1_000; i++)
            Assert.True(writer.TryAdd(Encoding.UTF8.GetBytes($"key {i}"), Encoding.UTF8.GetBytes($"{{\"name\":\"value\",\"number\":{i}}}"), null, At + i));
        var segment = writer.Encode().ToArray();

        var header = Segment.ReadRecords(segment, out var records);

        Assert.True(header.IsCompressed);
        Assert.True(segment.Length < records.Bytes.Length / 3, $"{segment.Length} bytes of {records.Bytes.Length}");
        Assert.Equal((1_000, At), (header.Count, header.OldestAt));
        Assert.Equal(Listed(writer.Records), Listed(records));
    }

    [Fact]
    public void Encode_WhenNothingShrinks_IsStored()
    {
        var noise = new byte[50_000];
        new Random(7).NextBytes(noise);
        using var writer = new SegmentWriter(1 << 20);
        Assert.True(writer.TryAdd("k"u8, noise, null, At));

        var header = Segment.ReadRecords(writer.Encode(), out var records);

        Assert.False(header.IsCompressed);
        Assert.Equal(("k", Convert.ToHexString(noise), null), Assert.Single(Listed(records)));
        Assert.True(writer.Encode().Length <= records.Bytes.Length + SegmentHeader.MostOverhead);
    }

    [Fact]
    public void TryAdd_WhenTheSegmentIsFull_RefusesAndStaysWithinItsSize()
    {
        using var writer = new SegmentWriter(10_000);
        var data = new byte[100];
        while (writer.TryAdd("key"u8, data, 5, At))
        {
        }

        Assert.InRange(writer.Encode().Length, 1, 10_000);
        Assert.InRange(writer.Records.Bytes.Length, 9_000, 10_000 - SegmentHeader.MostOverhead);
        writer.Reset();
        Assert.True(writer.TryAdd("giant"u8, new byte[20_000], null, At));
        Assert.Equal(1, Segment.ReadRecords(writer.Encode(), out _).Count);
    }

    [Fact]
    public void Encode_WhenReused_ForgetsTheFormerSegment()
    {
        using var writer = new SegmentWriter(1 << 20);
        Assert.Throws<InvalidOperationException>(() => writer.Encode());
        writer.TryAdd("old"u8, new byte[9_000], null, At - 1_000);
        writer.Encode();
        writer.Reset();
        writer.TryAdd("new"u8, [1], null, At);

        var header = Segment.ReadRecords(writer.Encode(), out var records);

        Assert.Equal((1, At), (header.Count, header.OldestAt));
        Assert.Equal(("new", "01", null), Assert.Single(Listed(records)));
    }

    [Fact]
    public void ReadRecords_WhenCutOffAnywhere_IsDamaged()
    {
        foreach (var segment in new[] { Golden(), Compressed() })
        {
            for (var length = 0; length < segment.Length; length++)
                Assert.Throws<SegmentDamagedException>(() => Segment.ReadRecords(segment.AsMemory(0, length), out _));
            Assert.Throws<SegmentDamagedException>(() => Segment.ReadRecords((byte[])[.. segment, 0], out _));
        }
    }

    [Fact]
    public void ReadRecords_WhenAnyBitIsFlipped_IsDamagedAndOfNoLaterVersion()
    {
        foreach (var segment in new[] { Golden(), Compressed() })
        {
            for (var bit = 0; bit < segment.Length * 8; bit++)
            {
                var flipped = (byte[])[.. segment];
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Throws<SegmentDamagedException>(() => Segment.ReadRecords(flipped, out _));
            }
        }
    }

    [Fact]
    public void ReadRecords_WhenOfALaterVersion_SaysSo()
    {
        byte[] laterFormat = [2, 7, 7, 7, .. new byte[40]];
        Assert.Contains("format 2", Assert.Throws<SegmentVersionException>(() => Segment.ReadRecords(laterFormat, out _)).Message, StringComparison.Ordinal);
        Assert.Throws<SegmentVersionException>(() => Segment.ReadRecords(Changed(0, 2), out _));
        Assert.Contains("flags 4", Assert.Throws<SegmentVersionException>(() => Segment.ReadRecords(Changed(1, 4), out _)).Message, StringComparison.Ordinal);
        Assert.Contains("kind 3", Assert.Throws<SegmentVersionException>(() => Segment.ReadRecords(Changed(2, 3), out _)).Message, StringComparison.Ordinal);
        Assert.Throws<SegmentVersionException>(() => Segment.ReadRecords(Changed(17, 3), out _));
    }

    [Theory]
    [InlineData(1, 1, "Brotli")]
    [InlineData(2, 2, "DeadLetters")]
    [InlineData(3, 0, "cannot have 0")]
    [InlineData(3, 3, "not 3")]
    [InlineData(4, 30, "30 bytes")]
    [InlineData(13, 30, "not 30")]
    [InlineData(19, 200, "damaged")]
    public void ReadRecords_WhenWrongUnderARightChecksum_IsDamaged(int place, byte value, string reason) =>
        Assert.Contains(reason, Assert.Throws<SegmentDamagedException>(() => Segment.ReadRecords(Changed(place, value), out _)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void ReadRecords_OfAnyBytes_ThrowsNothingElse() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var bytes = random.Next(2) == 0 ? Compressed() : new byte[random.Next(200)];
            if (bytes.Length < 200)
                random.NextBytes(bytes);
            for (var changes = random.Next(1, 6); changes > 0 && bytes.Length > 3; changes--)
                bytes[random.Next(Math.Min(bytes.Length, 40))] = (byte)random.Next(256);
            if (bytes.Length > 3)
                bytes[0] = 1;
            try
            {
                Segment.ReadRecords(bytes.Length > 4 ? Resealed(bytes) : bytes, out var records);
                return Listed(records).Count == records.Count;
            }
            catch (SegmentFormatException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void ReadRecords_OfAnyRecords_GivesThemBack() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            using var writer = new SegmentWriter(100_000);
            for (var i = random.Next(1, 200); i > 0; i--)
            {
                var data = new byte[random.Next(600)];
                if (random.Next(2) == 0)
                    random.NextBytes(data);
                writer.TryAdd(Encoding.UTF8.GetBytes(new string((char)random.Next('a', 'ｚ'), random.Next(1, 90))), data, random.Next(3) == 0
                    ? (UInt128)random.NextInt64() << 60
                    : null, At + i);
            }

            var segment = writer.Encode().ToArray();
            Segment.ReadRecords(segment, out var records);
            return Listed(records).SequenceEqual(Listed(writer.Records));
        }).QuickCheckThrowOnFailure();

    internal static byte[] Resealed(byte[] segment)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(segment.AsSpan(segment.Length - 4), BitByBit(segment.AsSpan(0, segment.Length - 4)));
        return segment;
    }

    private static byte[] Golden() => [.. GoldenSegment];

    private static byte[] Compressed()
    {
        using var writer = new SegmentWriter(1 << 20);
        for (var i = 0; i < 30; i++)
            writer.TryAdd("key"u8, new byte[100], null, At);
        return writer.Encode().ToArray();
    }

    private static byte[] Changed(int place, byte value)
    {
        var segment = Golden();
        segment[place] = value;
        return Resealed(segment);
    }

    private static List<(string Key, string Data, UInt128? Hash)> Listed(PackedRecords records)
    {
        var listed = new List<(string, string, UInt128?)>();
        foreach (var record in records)
            listed.Add((Encoding.UTF8.GetString(record.Key), Convert.ToHexString(record.Data.Span), record.Hash));
        return listed;
    }

    /// <summary>CRC-32C as its definition has it, sharing nothing with what is tested.</summary>
    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        }

        return ~crc;
    }
}
