using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

public sealed class PackedRecordsWriterTests
{
    [Fact]
    public void TryAdd_WhenTheLimitIsReached_IsRefusedAndLeavesNoTrace()
    {
        var writer = new PackedRecordsWriter(200);
        Assert.True(writer.TryAdd("first", new byte[50], 1, isExplicit: true));
        var before = writer.ToArray();

        // Refused by its characters; by its bytes; by the hash key it carries.
        Assert.False(writer.TryAdd("second", new byte[150]));
        Assert.False(writer.TryAdd(new string('語', 40), new byte[60]));
        Assert.False(writer.TryAdd("second"u8, new byte[112], 2));

        Assert.Equal(before, writer.ToArray());
        Assert.Equal(1, writer.Count);
        Assert.True(writer.TryAdd("second"u8, new byte[112]));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(PackedRecordsWriter.DefaultMaxBytes)]
    public void TryAdd_UntilItIsRefused_FillsTheMessageToTheLimit(int limit)
    {
        var writer = new PackedRecordsWriter(limit);
        while (writer.TryAdd("k", []))
        {
        }

        // The smallest record has three bytes, and one more where the count needs another byte.
        Assert.InRange(writer.ToArray().Length, limit - 3, limit);
        Assert.Equal(writer.Bytes, writer.ToArray().Length);
    }

    [Fact]
    public void TryAdd_WhenOneRecordIsLarger_TakesItAlone()
    {
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("small", new byte[10]));
        Assert.False(writer.TryAdd("giant", new byte[1 << 20]));
        writer.Reset();
        Assert.True(writer.TryAdd("giant", new byte[1 << 20]));
        Assert.False(writer.TryAdd("small", []));

        var records = PackedRecords.Parse(writer.ToArray());
        Assert.Equal(1, records.Count);
    }

    [Fact]
    public void Reset_WhenAGiantWasPacked_BeginsAnew()
    {
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("giant", new byte[1 << 20], 5, isExplicit: true));
        writer.Reset();
        Assert.True(writer.TryAdd("k", "v"u8));

        Assert.Equal([1, 1, 1, 1 << 2, (byte)'k', (byte)'v'], writer.ToArray());
    }

    [Fact]
    public void TryAdd_WhenHalfASurrogatePairIsGiven_PacksTheReplacementCharacter()
    {
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("\ud83d", []));

        Assert.Equal("\ufffd"u8, PackedRecords.Parse(writer.ToArray()).Keys);
    }

    [Fact]
    public void TryAdd_WhenAnExplicitHashKeyIsMissing_Throws() =>
        Assert.Throws<ArgumentException>(() => new PackedRecordsWriter().TryAdd("k", [], null, isExplicit: true));

    [Fact]
    public void TryAdd_OnceWarm_AllocatesNothing()
    {
        var writer = new PackedRecordsWriter();
        Fill(writer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill(writer);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Fill(PackedRecordsWriter writer)
    {
        writer.Reset();
        Span<byte> data = stackalloc byte[100];
        while (writer.TryAdd("0123456789abcdef0123456789abcdef0123", data, 1, isExplicit: false))
        {
        }
    }
}
