using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>The oracle itself.</summary>
public sealed class ConsumerViewTests
{
    [Fact]
    public void Of_WhenOneMemberIsOutsideTheRange_HidesTheWholeAggregate()
    {
        var record = Aggregate(("a", 10), ("b", 20), ("c", 30));
        Assert.All(ConsumerView.Of(record, 10, 30), r => Assert.True(r.Visible));
        Assert.All(ConsumerView.Of(record, 10, 29), r => Assert.False(r.Visible));
        Assert.All(ConsumerView.Of(record, 11, 30), r => Assert.False(r.Visible));
        Assert.Equal([("a", 0), ("b", 1), ("c", 2)], ConsumerView.Of(record, 10, 30).Select(r => (r.Key, r.SubSequenceNumber)));
    }

    [Fact]
    public void Of_WhenTheMembersHaveNoHashKeys_TakesTheMd5OfTheirKeys()
    {
        var record = Aggregate(("a", null), ("b", null));
        var hashes = new[] { StoredMember.HashOf("a"), StoredMember.HashOf("b") };
        Assert.Equal(UInt128.Parse("0cc175b9c0f1b6a831c399e269772661", NumberStyles.HexNumber), hashes[0]);
        Assert.All(ConsumerView.Of(record, hashes.Min(), hashes.Max()), r => Assert.True(r.Visible));
        Assert.All(ConsumerView.Of(record, hashes.Min() + 1, hashes.Max()), r => Assert.False(r.Visible));
    }

    [Fact]
    public void Of_WhenTheRecordIsPlainOrBroken_DoesNotFilterIt()
    {
        var broken = Aggregate(("a", 10), ("b", 20));
        broken.Data[^1] ^= 1;
        Assert.True(Assert.Single(ConsumerView.Of(broken, 0, 1)).Visible);
        var plain = broken with { Data = "plain"u8.ToArray() };
        Assert.Equal("plain", Assert.Single(ConsumerView.Of(plain, 0, 1)).Data);
    }

    private static AppliedRecord Aggregate(params (string Key, int? HashKey)[] members)
    {
        var message = new MemoryStream();
        foreach (var (key, hashKey) in members)
        {
            message.Write(Field(1, Encoding.UTF8.GetBytes(key)));
            message.Write(Field(2, Encoding.UTF8.GetBytes($"{hashKey}")));
        }

        for (byte i = 0; i < members.Length; i++)
        {
            byte[] indexes = members[i].HashKey is null ? [1 << 3, i] : [1 << 3, i, 2 << 3, i];
            message.Write(Field(3, [.. indexes, .. Field(3, "data"u8)]));
        }

        byte[] payload = [0xF3, 0x89, 0x9A, 0xC2, .. message.ToArray(), .. MD5.HashData(message.ToArray())];
        return new AppliedRecord("shardId-000000000000", "1", "a", 0, payload, default, RecordMarks.None);
    }

    /// <summary>A field of bytes, of fewer than 128.</summary>
    private static byte[] Field(int number, ReadOnlySpan<byte> value) => [(byte)(number << 3 | 2), (byte)value.Length, .. value];
}
