using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Aggregation.Tests;

using WireFormat = Google.Protobuf.WireFormat;

public class AggregatedRecordCodecTests
{
    private const string TwoToThe128 = "1227333430323832333636393230393338343633343633333734363037343331373638323131343536";

    private static readonly AggregationLimits Limits = new(uint.MaxValue, AggregationLimits.LargestMaxSize);

    [Fact]
    public void TryDecode_WhenABuilderMadeIt_GivesTheRecordsBack() => Prop.ForAll(Generators.Records, records =>
    {
        if (records.Length < 2)
            return;
        using var closed = ClosedAggregate.Of(new AggregateBuilder(Limits), records);

        Assert.True(AggregatedRecordCodec.IsAggregate(closed.Payload));
        Assert.True(AggregatedRecordCodec.TryDecode(closed.Payload, out var members, out _));

        Assert.Equal(records, members.Select(TestRecord.Of));
        Assert.Equal(records.Select(record => record.RoutingHash), members.Select(member => member.HashKey));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryDecode_WhenOneBitIsDamaged_SaysSo() => Prop.ForAll(Generators.Records, Generators.Places, (records, at) =>
    {
        if (records.Length < 2)
            return;
        using var closed = ClosedAggregate.Of(new AggregateBuilder(Limits), records);
        var damaged = closed.Payload;
        damaged[at / 8 % damaged.Length] ^= (byte)(1 << (at % 8));

        Assert.False(AggregatedRecordCodec.TryDecode(damaged, out _, out var reason));

        Assert.NotEmpty(reason);
    }).QuickCheckThrowOnFailure();

    // The digest is made right again, so that the message itself is what is judged.
    [Fact]
    public void TryDecode_WhenTheMessageIsDamaged_NeverThrows() => Prop.ForAll(Generators.Records, Generators.Payloads, (records, noise) =>
    {
        byte[] message = [];
        if (records.Length >= 2)
        {
            var small = records.Select(record => record with { Data = record.Data[..Math.Min(9, record.Data.Length)] });
            using var closed = ClosedAggregate.Of(new AggregateBuilder(Limits), [.. small]);
            message = closed.Payload[4..^16];
        }
        for (var i = 0; i + 2 < noise.Length && message.Length > 0; i += 3)
            message[(noise[i] << 8 | noise[i + 1]) % message.Length] = noise[i + 2];
        var payloads = new[] { Frame(message), Frame(noise), noise, [0xf3, 0x89, 0x9a, 0xc2, .. noise] };

        foreach (var payload in payloads)
        {
            var decoded = AggregatedRecordCodec.TryDecode(payload, out var members, out var reason);
            Assert.Equal(decoded, reason is null);
            Assert.True(decoded == members is not null);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryDecode_WhenThereAreUnknownFieldsAndTags_PassesOverThem()
    {
        var record = Message(output =>
        {
            output.WriteTag(4, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFromUtf8("tag"));
            output.WriteTag(3, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFromUtf8("data"));
            output.WriteTag(9, WireFormat.WireType.Fixed32);
            output.WriteFixed32(7);
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteUInt64(1);
        });
        var payload = Frame(Message(output =>
        {
            output.WriteTag(3, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(record));
            output.WriteTag(77, WireFormat.WireType.StartGroup);
            output.WriteTag(5, WireFormat.WireType.Fixed64);
            output.WriteFixed64(1);
            output.WriteTag(77, WireFormat.WireType.EndGroup);
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteString("zero");
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteString("one");
        }));

        Assert.True(AggregatedRecordCodec.TryDecode(payload, out var members, out _));

        Assert.Equal([new TestRecord("one", null, "data")], members.Select(TestRecord.Of));
    }

    [Theory]
    [InlineData("", "magic")]
    [InlineData("f3899a", "magic")]
    [InlineData("00000000d41d8cd98f00b204e9800998ecf8427e", "magic")]
    [InlineData("f3899ac2d41d8cd98f00b204e9800998ecf842", "cannot hold")]
    [InlineData("f3899ac2d41d8cd98f00b204e9800998ecf8427e", "cannot hold")] // KCL takes no frame without a message for an aggregate.
    [InlineData("f3899ac200d41d8cd98f00b204e9800998ecf8427e", "MD5")]
    public void TryDecode_WhenItIsNoAggregate_SaysWhy(string payload, string because)
    {
        Assert.False(AggregatedRecordCodec.TryDecode(Convert.FromHexString(payload), out _, out var reason));

        Assert.Contains(because, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1a0508001a0131", "names partition key 0 of 0")]
    [InlineData("0a01611a0508011a0131", "names partition key 1 of 1")]
    [InlineData("0a01611a0e08ffffffffffffffffff011a0131", "names partition key 18446744073709551615 of 1")]
    [InlineData("0a01611a0708001000" + "1a0131", "names explicit hash key 0 of 0")]
    [InlineData("0a01611201781a07080010001a0131", "no number")]
    [InlineData("0a0161" + TwoToThe128 + "1a07080010001a0131", "no number")]
    [InlineData("0a01611a031a0131", "no partition_key_index")]
    [InlineData("0a01611a020800", "no data")]
    [InlineData("0a01611a0508001a0231", "cut short")]
    [InlineData("0a0261", "cut short")]
    [InlineData("0a8080808010", "cut short")]
    [InlineData("0affffffffffffffffffff01", "cut short")]
    [InlineData("0c", "cut short")]
    [InlineData("0b", "cut short")]
    [InlineData("00", "cut short")]
    public void TryDecode_WhenTheMessageIsWrong_SaysWhere(string message, string because)
    {
        Assert.False(AggregatedRecordCodec.TryDecode(Frame(Convert.FromHexString(message)), out _, out var reason));

        Assert.Contains(because, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void TryDecode_WhenGroupsAreNestedWithoutEnd_SaysSo()
    {
        var message = new byte[100_000];
        Array.Fill(message, (byte)0x2b);

        Assert.False(AggregatedRecordCodec.TryDecode(Frame(message), out _, out _));
    }

    [Fact]
    public void TryDecode_WhenThereIsNoRecord_IsAnAggregateOfNone()
    {
        Assert.True(AggregatedRecordCodec.TryDecode(Frame(Convert.FromHexString("0a0161")), out var members, out _));

        Assert.Empty(members);
    }

    [Fact]
    public void Open_WhenNotSealedYet_GivesTheMembers()
    {
        var builder = new AggregateBuilder(Limits);
        TestRecord[] records = [new("a", null, "1"), new("b", 2, "22")];
        foreach (var record in records)
            Assert.True(record.TryAddTo(builder));
        var closed = builder.Close();

        Assert.Equal(records, Read(MemberReading.Open(closed)));

        closed.Release();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_WhenOneRecordWentAlone_GivesItBack(bool hasHashKey)
    {
        var builder = new AggregateBuilder(Limits);
        var record = new TestRecord("a key", hasHashKey ? 5 : null, "data");
        Assert.True(record.TryAddTo(builder));
        var closed = builder.Close();

        Assert.Equal([record], Read(MemberReading.Open(closed)));

        closed.Release();
    }

    private static List<TestRecord> Read(AggregateReader reader)
    {
        var records = new List<TestRecord>();
        while (reader.MoveNext())
            records.Add(TestRecord.Of(reader.Current));
        Assert.False(reader.MoveNext());
        Assert.Equal(reader.Count, records.Count);
        return records;
    }

    private static byte[] Frame(byte[] message) => [0xf3, 0x89, 0x9a, 0xc2, .. message, .. MD5.HashData(message)];

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
            write(output);
        return stream.ToArray();
    }
}
