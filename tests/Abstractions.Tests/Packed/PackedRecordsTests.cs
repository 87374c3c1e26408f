using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

public sealed class PackedRecordsTests
{
    /// <summary>Written by hand after the format's description; it must never change.</summary>
    private static readonly byte[] Golden =
    [
        1, 3,
        2, 3 << 2, // "ab", 3 bytes, no hash key
        3, 0x82 | (0x00 << 2), 0x04, // "é1", 128 bytes << 2 | 2 = 514, MD5
        1, (1 << 2) | 3, // "z", 1 byte, explicit hash key
        (byte)'a', (byte)'b', 0xC3, 0xA9, (byte)'1', (byte)'z',
        0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
        10, 20, 30,
        .. Enumerable.Repeat((byte)7, 128),
        99,
    ];

    private static readonly Entry[] GoldenEntries =
    [
        new("ab", [10, 20, 30], null, false),
        new("é1", [.. Enumerable.Repeat((byte)7, 128)], new UInt128(0x0011223344556677, 0x8899AABBCCDDEEFF), false),
        new("z", [99], 258, true),
    ];

    /// <summary>So was this one, whose records carry producer numbers.</summary>
    private static readonly byte[] GoldenOfNumbers =
    [
        2, 2,
        1, 1 << 2, // "a", 1 byte
        1, (1 << 2) | 3, // "b", 1 byte, explicit hash key
        (byte)'a', (byte)'b',
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // none
        8, 7, 6, 5, 4, 3, 2, 1, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        10, 20,
    ];

    private static readonly PackedNumber Number = new(0x0102030405060708, 9, 256);

    private static readonly Entry[] GoldenNumberedEntries = [new("a", [10], null, false), new("b", [20], 258, true, Number)];

    [Fact]
    public void ToArray_OfKnownRecords_IsTheGoldenMessage()
    {
        Assert.Equal(Golden, Pack(GoldenEntries));
        Assert.Equal(GoldenOfNumbers, Pack(GoldenNumberedEntries));
    }

    [Fact]
    public void Parse_OfTheGoldenMessage_GivesItsRecords()
    {
        Assert.Equal(GoldenEntries, Unpack(Golden));
        Assert.Equal(GoldenNumberedEntries, Unpack(GoldenOfNumbers));
        Assert.True(PackedRecords.Parse(GoldenOfNumbers).HasNumbers);
    }

    [Fact]
    public void Parse_WhenAnyRecordsWerePacked_GivesThemBack() =>
        Prop.ForAll<int>(seed =>
        {
            var entries = RandomEntries(new Random(seed));
            var packed = Pack(entries);
            var records = PackedRecords.Parse(packed);
            return Unpack(packed).SequenceEqual(entries) && ReadsAlikeInAnyOrder(records, entries);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryAdd_WhenKeysAreUtf8_PacksTheSame()
    {
        var entries = RandomEntries(new Random(5));
        var writer = new PackedRecordsWriter(int.MaxValue);
        foreach (var entry in entries)
            Assert.True(writer.TryAdd(Encoding.UTF8.GetBytes(entry.Key), entry.Data, entry.Hash, entry.IsExplicit, entry.Number));

        Assert.Equal(Pack(entries), writer.ToArray());
    }

    [Fact]
    public void ToUserRecord_WhenTheHashKeyIsNotExplicit_LeavesItOut()
    {
        var records = PackedRecords.Parse(Golden);
        var positions = new PackedPosition[3];
        records.ReadPositions(positions);

        var computed = records.ToUserRecord(positions[1]);
        var given = records.ToUserRecord(positions[2]);

        Assert.Equal(("é1", 128, null), (computed.PartitionKey, computed.Data.Length, computed.ExplicitHashKey));
        Assert.Equal(("z", 1, (UInt128)258), (given.PartitionKey, given.Data.Length, given.ExplicitHashKey));
    }

    [Fact]
    public void Default_HasNoRecords()
    {
        Assert.Equal(0, default(PackedRecords).Count);
        foreach (var record in default(PackedRecords))
            Assert.Fail($"there is a record of {record.Data.Length} bytes");
    }

    [Fact]
    public void Parse_WhenTruncatedOrFollowedByMore_Throws()
    {
        foreach (var golden in (byte[][])[Golden, GoldenOfNumbers])
        {
            for (var length = 0; length < golden.Length; length++)
                Assert.Throws<PackedFormatException>(() => PackedRecords.Parse(golden.AsMemory(0, length)));
            Assert.Throws<PackedFormatException>(() => PackedRecords.Parse((byte[])[.. golden, 0]));
        }
    }

    [Fact]
    public void TryAdd_ToAFullMessage_ChangesNothing()
    {
        var writer = new PackedRecordsWriter(maxBytes: 60);
        Assert.True(writer.TryAdd("a"u8, new byte[10]));
        Assert.True(writer.TryAdd("b"u8, new byte[10]));
        var before = writer.ToArray();
        // Forty bytes of numbers would be too much, though the record itself fits.
        Assert.False(writer.TryAdd("c"u8, new byte[10], number: Number));
        Assert.Equal(before, writer.ToArray());
        Assert.True(writer.TryAdd("c"u8, new byte[10]));
        Assert.False(PackedRecords.Parse(writer.ToArray()).HasNumbers);
    }

    [Fact]
    public void Reset_AfterNumbers_BeginsWithoutThem()
    {
        var writer = new PackedRecordsWriter();
        writer.TryAdd("a"u8, [1], number: Number);
        writer.Reset();
        writer.TryAdd("a"u8, [1]);
        Assert.Equal(PackedRecords.Format, writer.ToArray()[0]);
    }

    [Theory]
    [InlineData(new byte[] { 3, 0 }, "format 3")]
    [InlineData(new byte[] { 1, 1, 0, 1 }, "explicit")]
    [InlineData(new byte[] { 1, 1, 1, 0, 0xFF }, "UTF-8")]
    [InlineData(new byte[] { 1, 2, 1, 0, 1, 0, 0xC3, 0xA9 }, "within a character")]
    [InlineData(new byte[] { 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F }, "too early")]
    [InlineData(new byte[] { 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02 }, "64 bits")]
    [InlineData(new byte[] { 1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0 }, "too early")]
    public void Parse_WhenRubbish_SaysWhy(byte[] bytes, string reason) =>
        Assert.Contains(reason, Assert.Throws<PackedFormatException>(() => PackedRecords.Parse(bytes)).Message, StringComparison.Ordinal);

    private static Entry[] RandomEntries(Random random)
    {
        var numbered = random.Next(2) == 0;
        string[] keys = ["", "a", "key-ключ", "🙂", new string('x', 300), new string('語', 90)];
        var entries = new Entry[random.Next(40)];
        for (var i = 0; i < entries.Length; i++)
        {
            var data = new byte[random.Next(4) == 0 ? random.Next(70_000) : random.Next(200)];
            random.NextBytes(data);
            UInt128? hash = random.Next(3) == 0 ? null : new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64());
            PackedNumber? number = numbered && random.Next(3) > 0
                ? new PackedNumber((ulong)random.NextInt64(long.MinValue, long.MaxValue), random.Next(1, int.MaxValue), random.NextInt64()) : null;
            entries[i] = new Entry(random.Next(2) == 0 ? keys[random.Next(keys.Length)] : $"{random.Next():x}", data, hash,
                hash is not null && random.Next(2) == 0, number);
        }

        return entries;
    }

    private static bool ReadsAlikeInAnyOrder(PackedRecords records, Entry[] entries)
    {
        var positions = new PackedPosition[records.Count];
        records.ReadPositions(positions);
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            var key = Encoding.UTF8.GetBytes(entries[i].Key);
            if (!records.KeyOf(positions[i]).SequenceEqual(key)
                || !records.DataOf(positions[i]).Span.SequenceEqual(entries[i].Data)
                || (positions[i].HasHash ? records.HashOf(positions[i]) : null) != entries[i].Hash
                || records.NumberOf(positions[i]) != entries[i].Number)
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] Pack(Entry[] entries)
    {
        var writer = new PackedRecordsWriter(int.MaxValue);
        foreach (var entry in entries)
            Assert.True(writer.TryAdd(entry.Key, entry.Data, entry.Hash, entry.IsExplicit, entry.Number));
        Assert.Equal(entries.Length, writer.Count);
        var packed = writer.ToArray();
        Assert.Equal(writer.Bytes, packed.Length);
        return packed;
    }

    private static Entry[] Unpack(byte[] packed)
    {
        var read = new List<Entry>();
        foreach (var record in PackedRecords.Parse(packed))
            read.Add(new Entry(Encoding.UTF8.GetString(record.Key), record.Data.ToArray(), record.Hash, record.IsExplicit, record.Number));
        return [.. read];
    }

    private sealed record Entry(string Key, byte[] Data, UInt128? Hash, bool IsExplicit, PackedNumber? Number = null)
    {
        public bool Equals(Entry? other) => other is not null && Data.AsSpan().SequenceEqual(other.Data)
            && (Key, Hash, IsExplicit, Number) == (other.Key, other.Hash, other.IsExplicit, other.Number);

        public override int GetHashCode() => HashCode.Combine(Key, Data.Length, Hash, IsExplicit);
    }
}
