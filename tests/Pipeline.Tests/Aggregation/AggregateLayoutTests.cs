using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Pipeline.Tests.Aggregation;

public class AggregateLayoutTests
{
    [Fact]
    public void Of_AnAggregate_ExplainsEveryByte()
    {
        var builder = new AggregateBuilder(new AggregationLimits(10, 1_000));
        using var closed = ClosedAggregate.Of(builder, new TestRecord("a", null, "1"), new TestRecord("b", 123, "22"));

        var layout = AggregateLayout.Of(closed.Payload);

        Assert.Null(layout.Reason);
        Assert.Equal(
            [
                "0+4 magic", "4+3 partition_key_table", "7+3 partition_key_table", "10+5 explicit_hash_key_table",
                "15+7 record", "17+2 partition_key_index=0", "19+3 data",
                "22+10 record", "24+2 partition_key_index=1", "26+2 explicit_hash_key_index=0", "28+4 data",
                "32+16 md5",
            ],
            layout.Fields.Select(field => $"{field.Offset}+{field.Length} {field.Name}{(field.Number is { } number ? $"={number}" : "")}"));
        var hashKey = layout.Fields[3];
        Assert.Equal("123", Encoding.UTF8.GetString(closed.Payload, hashKey.ValueOffset, hashKey.ValueLength));
    }

    [Fact]
    public void Of_APlainRecord_HasOnlyAReason()
    {
        var layout = AggregateLayout.Of("plain"u8.ToArray());

        Assert.Empty(layout.Fields);
        Assert.NotNull(layout.Reason);
    }

    [Fact]
    public void Of_ADamagedAggregate_ExplainsWhatCanBeRead()
    {
        byte[] payload = [0xf3, 0x89, 0x9a, 0xc2, 0x0a, 0x01, 0x61, 0x1a, 0x50, 0x08, .. new byte[16]];

        var layout = AggregateLayout.Of(payload);

        Assert.NotNull(layout.Reason);
        Assert.Equal(["magic", "partition_key_table", "unreadable", "md5"], layout.Fields.Select(field => field.Name));
    }

    [Fact]
    public void Of_AnyBytes_LeavesNoByteOut() => Prop.ForAll(Generators.Payloads, noise =>
    {
        byte[] payload = [0xf3, 0x89, 0x9a, 0xc2, .. noise, .. new byte[16]];

        var end = 0;
        foreach (var field in AggregateLayout.Of(payload).Fields.Where(field => field.Depth == 0))
        {
            Assert.Equal(end, field.Offset);
            end += field.Length;
        }
        Assert.Equal(payload.Length, end);
    }).QuickCheckThrowOnFailure();
}
