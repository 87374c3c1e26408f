using System.Text;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

/// <summary>Packed records that carry producer numbers.</summary>
/// <remarks>Tests <see cref="PackedRecords"/>.</remarks>
public sealed class PackedNumberTests
{
    /// <summary>Written by hand after the format's description; it must never change.</summary>
    private static readonly byte[] Golden =
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

    [Fact]
    public void ToArray_WithANumber_IsTheGoldenMessage()
    {
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("a"u8, [10]));
        Assert.True(writer.TryAdd("b"u8, [20], 258, true, Number));
        Assert.Equal(Golden.Length, writer.Bytes);
        Assert.Equal(Golden, writer.ToArray());
    }

    [Fact]
    public void Parse_OfTheGoldenMessage_GivesItsNumbers()
    {
        var records = PackedRecords.Parse(Golden);
        var positions = records.Positions();
        Assert.True(records.HasNumbers);
        Assert.Equal([null, Number], positions.Select(p => records.NumberOf(p)));
        Assert.Equal(["a", "b"], positions.Select(p => records.ToUserRecord(p).PartitionKey));
        Assert.Equal([10, 20], positions.Select(p => records.DataOf(p).Span[0]));
        Assert.Equal([false, true], positions.Select(static p => p.HasHash));
        Assert.Equal((UInt128)258, records.HashOf(positions[1]));
    }

    [Fact]
    public void Parse_OfAMessageThatWasCutOff_IsRefused()
    {
        for (var length = 0; length < Golden.Length; length++)
            Assert.Throws<PackedFormatException>(() => PackedRecords.Parse(Golden.AsMemory(0, length)));
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

    [Fact]
    public void Numbers_OfManyRecords_ComeBack()
    {
        var random = new Random(1);
        PackedNumber?[] numbers = [.. Enumerable.Range(0, 500).Select(_ => random.Next(3) == 0
            ? (PackedNumber?)null
            : new PackedNumber((ulong)random.NextInt64(long.MinValue, long.MaxValue), random.Next(1, int.MaxValue), random.NextInt64()))];
        var writer = new PackedRecordsWriter(int.MaxValue);
        for (var i = 0; i < numbers.Length; i++)
            Assert.True(writer.TryAdd(Encoding.UTF8.GetBytes($"key-{i}"), new byte[i], (UInt128)i, i % 2 == 0, numbers[i]));
        var records = PackedRecords.Parse(writer.ToArray());
        Assert.Equal(numbers, records.Positions().Select(p => records.NumberOf(p)));
        var at = 0;
        foreach (var record in records)
            Assert.Equal(numbers[at++], record.Number);
    }
}
