using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Deaggregation.Tests;

public class AggregatesTests
{
    /// <summary>KPL's own bytes, and what KPL was given.</summary>
    public static TheoryData<string, string> Vectors => new()
    {
        { Payloads.V1, "abcd||hello world" },
        { Payloads.V2, "abcd||x" },
        { Payloads.V3, "a||hello,b||world" },
        { Payloads.V4, "a||1,b|123|22,a|123|,c|340282366920938463463374607431768211455|333" },
        { Payloads.V5, "a||1,b|123|22" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Read_KplsOwnBytes_GivesWhatKplWasGiven(string hex, string expected)
    {
        var data = Convert.FromHexString(hex);
        Assert.Equal(expected, string.Join(',', Aggregates.Read(data, "abcd").Select(static r =>
            $"{r.PartitionKey}|{r.ExplicitHashKey}|{Encoding.UTF8.GetString(r.Data.Span)}")));
        Assert.Equal(Kcl.Deaggregate(data, "abcd"), Read(data, "abcd"));
    }

    /// <summary>Where the platform runs in FIPS mode, it refuses MD5, which every aggregate ends with.</summary>
    [Fact]
    public void Assembly_AsksThePlatformForNoCryptography() => Assert.DoesNotContain(
        typeof(Aggregates).Assembly.GetReferencedAssemblies(),
        static a => a.Name?.StartsWith("System.Security.Cryptography", StringComparison.Ordinal) == true);

    [Fact]
    public void Read_V6_Gives300RecordsInOrder()
    {
        var data = Payloads.V6();
        Assert.Equal("EE52B1080879A3AB7D11A8A1DD94EAEE", Convert.ToHexString(MD5.HashData(data)));
        Assert.Equal(
            Enumerable.Range(0, 300).Select(static i => ($"key-{i}", (long)i)),
            Aggregates.Read(data, "a").Select(static r => (r.PartitionKey, r.SubSequenceNumber)));
        Assert.Equal(Kcl.Deaggregate(data, "a"), Read(data, "a"));
    }

    [Fact]
    public void Read_RandomAggregatesAndShards_AgreesWithKclMemberByMember()
    {
        var random = new Random(7);
        var (dropped, given) = (0, 0);
        for (var i = 0; i < 3_000; i++)
        {
            var data = Payloads.Random(random);
            var (one, other) = (RandomHash(random), RandomHash(random));
            var (starting, ending) = random.Next(3) == 0 ? (UInt128.Zero, UInt128.MaxValue) : one < other ? (one, other) : (other, one);
            var expected = Kcl.Deaggregate(data, "a", (BigInteger)starting, (BigInteger)ending);
            Assert.Equal(expected, [.. Aggregates.Read(data, "a", new ShardHashKeys(starting, ending)).Select(static r => KclRecord.Of(r))]);
            (dropped, given) = expected.Count == 0 ? (dropped + 1, given) : (dropped, given + 1);
        }

        Assert.True(dropped > 500 && given > 500, $"{dropped} {given}");
    }

    [Fact]
    public void Read_PlainDataOfAnotherShard_IsGiven() =>
        Assert.Single(Aggregates.Read("plain"u8.ToArray(), "a", new ShardHashKeys(0, 0)));

    [Theory]
    [InlineData("")]
    [InlineData("f3899a")]
    [InlineData("f3899ac2")]
    [InlineData("f3899ac2d41d8cd98f00b204e9800998ecf8427e")] // a frame without a message
    [InlineData("f3899ac20a01610a01621a0908001a0568656c6c6f1a0908011a05776f726c647cf45228cd79941b056e6743990bf8ac")] // V3 with a wrong MD5
    public void Read_WhatIsNoAggregate_IsOneRecordWithTheKeyOfTheKinesisRecord(string hex)
    {
        var data = Convert.FromHexString(hex);
        var record = Assert.Single(Aggregates.Read(data, "käy"));
        Assert.Equal(("käy", null, 0L, false, (ProducerNumber?)null),
            (record.PartitionKey, record.ExplicitHashKey, record.SubSequenceNumber, record.IsMember, record.ProducerNumber));
        Assert.Equal("käy", Encoding.UTF8.GetString(record.PartitionKeyUtf8.Span));
        Assert.Equal(data, record.Data.ToArray());
        Assert.Equal(Kcl.Deaggregate(data, "käy"), Read(data, "käy"));
        // kpl tail asks so, and showed nothing of a frame without a message.
        Assert.False(AggregatedRecordCodec.TryDecode(data, out _, out _));
    }

    [Theory]
    [InlineData("1a0508001a0131")] // no key in the table
    [InlineData("0a01611a020800")] // no data
    [InlineData("0a0261")] // cut short
    public void Read_AFrameWhoseMessageCannotBeRead_IsPlainData(string message)
    {
        var data = Payloads.Frame(Convert.FromHexString(message));
        Assert.False(Assert.Single(Aggregates.Read(data, "a")).IsMember);
    }

    [Fact]
    public void Read_Members_ArePartsOfTheDataAndAllocateNothing()
    {
        var data = Payloads.V6();
        ReadOnlyMemory<byte> memory = data;
        var bytes = 0L;
        for (var i = 0; i < 50; i++)
            bytes += Sum(memory);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
            bytes += Sum(memory);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(250 * 300 * 130L, bytes);
        foreach (var record in Aggregates.Read(memory, "a"))
            Assert.True(memory.Span.Overlaps(record.Data.Span) && memory.Span.Overlaps(record.PartitionKeyUtf8.Span));
    }

    [Fact]
    public void Read_BegunAnewOrLeftEarly_StillReadsAll()
    {
        var data = Payloads.V6();
        Assert.Equal("key-0", Aggregates.Read(data, "a").First().PartitionKey);
        using var records = Aggregates.Read(data, "a").GetEnumerator();
        Assert.True(records.MoveNext() && records.MoveNext());
        using var inside = Aggregates.Read(Convert.FromHexString(Payloads.V3), "a").GetEnumerator();
        Assert.True(inside.MoveNext());
        Assert.Equal("a", inside.Current.PartitionKey);
        Assert.True(records.MoveNext());
        Assert.Equal("key-2", records.Current.PartitionKey);
        records.Reset();
        Assert.True(records.MoveNext());
        Assert.Equal("key-0", records.Current.PartitionKey);
    }

    [Fact]
    public void LookLikeAggregate_MagicAndLength_Decide()
    {
        Assert.True(Aggregates.LookLikeAggregate(Convert.FromHexString(Payloads.V3)));
        Assert.False(Aggregates.LookLikeAggregate("plain"u8));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("340282366920938463463374607431768211456")]
    [InlineData("0x1")]
    public void Parse_WhatIsNoHashKey_IsRefused(string text) => Assert.Throws<FormatException>(() => ShardHashKeys.Parse("0", text));

    private static long Sum(ReadOnlyMemory<byte> data)
    {
        var bytes = 0L;
        foreach (var record in Aggregates.Read(data, "a"))
            bytes += record.Data.Length;
        return bytes;
    }

    private static List<KclRecord> Read(byte[] data, string key) => [.. Aggregates.Read(data, key).Select(static r => KclRecord.Of(r))];

    private static UInt128 RandomHash(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
