using System.Globalization;
using System.Text;
using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Pipeline.Tests.Aggregation;

/// <summary>A closed and sealed record in the terms that tests compare.</summary>
internal sealed class ClosedAggregate : IDisposable
{
    private readonly EncodedRecord _record;

    public ClosedAggregate(EncodedRecord record)
    {
        _record = record;
        AggregateSealer.Seal([record]);
    }

    public byte[] Payload => _record.Payload.ToArray();

    public string Hex => Convert.ToHexStringLower(_record.Payload.Span);

    public string PartitionKey => Encoding.UTF8.GetString(_record.PartitionKey.Span);

    public string HashKey => _record.HashKey.ToString(CultureInfo.InvariantCulture);

    public static ClosedAggregate Of(AggregateBuilder builder, params TestRecord[] records)
    {
        foreach (var record in records)
            Assert.True(record.TryAddTo(builder));
        return new ClosedAggregate(builder.Close());
    }

    public void Dispose() => _record.Release();
}
