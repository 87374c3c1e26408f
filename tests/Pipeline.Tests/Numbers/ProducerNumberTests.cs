using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Aggregation.Tests;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Pipeline.Tests.Numbers;

public sealed class ProducerNumberTests
{
    [Fact]
    public void ToString_OfANumber_IsTheTagsValue() =>
        Assert.Equal("00000000000000ff.7.42", new ProducerNumber(255, 7, 42).ToString());

    [Theory]
    [InlineData(0UL, 0, 0L)]
    [InlineData(0xfedcba9876543210UL, 12, 1234567L)]
    [InlineData(ulong.MaxValue, int.MaxValue, long.MaxValue)]
    public void TryAdd_WithANumber_CountsOnFromIt(ulong producer, int line, long first)
    {
        var builder = new AggregateBuilder(new AggregationLimits(100, 10_000), alwaysWrap: true);
        var number = new ProducerNumber(producer, line, first);
        builder.TryAdd("a"u8, 1, false, "x"u8, number);
        builder.TryAdd("b"u8, 2, true, "y"u8);
        builder.TryAdd("a"u8, 3, true, "z"u8, number with { Line = 7 });
        builder.TryAdd("c"u8, 4, false, default);
        var size = builder.Size;
        var closed = builder.Close();
        AggregateSealer.Seal([closed]);
        Assert.Equal(size, closed.Length);
        Assert.True(AggregateReader.TryOpen(closed.Payload, out var reader, out var reason), reason);
        var members = new List<(string, string, ProducerNumber?)>();
        while (reader.MoveNext())
            members.Add((Encoding.UTF8.GetString(reader.Current.PartitionKey.Span), Encoding.UTF8.GetString(reader.Current.Data.Span), reader.Current.Number));
        Assert.Equal(
            [("a", "x", number), ("b", "y", number.Next), ("a", "z", number with { Line = 7 }), ("c", "", (number with { Line = 7 }).Next)], members);

        // A decoder that does not know it passes it over; the tag itself is KPL's message Tag, key and value.
        Assert.Equal([("a", null), ("b", 2), ("a", 3), ("c", (UInt128?)null)], ProtobufDecoder.Decode(closed.Payload.ToArray())
            .Select(r => (r.PartitionKey, r.ExplicitHashKey)));
        var value = $"{producer:x16}.{line}.{first}";
        byte[] tag = [4 << 3 | 2, (byte)(9 + value.Length), 1 << 3 | 2, 5, .. "kpl.n"u8, 2 << 3 | 2, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
        Assert.True(closed.Payload.Span.IndexOf(tag) > 0);
        closed.Release();
    }

    [Theory]
    [InlineData("kpl.n", "12")]
    [InlineData("kpl.n", "12.x.3")]
    [InlineData("kpl.n", "12.3.4 ")]
    [InlineData("kpl.n", "")]
    [InlineData("other", "12.3.4")]
    public void Read_WhenItIsSomethingElse_FindsNone(string key, string value)
    {
        byte[] tag = [1 << 3 | 2, (byte)key.Length, .. Encoding.ASCII.GetBytes(key), 2 << 3 | 2, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
        Assert.Null(ProducerNumber.Read(tag, 0, tag.Length));
    }
}
