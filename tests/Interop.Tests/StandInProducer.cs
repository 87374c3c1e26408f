namespace Orleans.Kpl.Interop.Tests;

/// <summary>An embedded producer for Kinesis endpoints by others, and what it says of the sample records.</summary>
internal static class StandInProducer
{
    /// <summary>On a busy machine these answer slowly, and a call that is given up may be applied all the same: then a record is there twice.</summary>
    public static KplProducer Create(string url, WireFormat format = WireFormat.Json) => KplProducer.Create(new KplOptions
    {
        WireFormat = format,
        Kinesis = { EndpointUrl = new Uri(url) },
        RequestTimeout = TimeSpan.FromMinutes(1),
        RecordTtl = TimeSpan.FromMinutes(2),
    });

    public static UserRecord[] ToUserRecords(IEnumerable<Line> lines) => [.. lines.Select(static line =>
        new UserRecord(line.PartitionKey, Convert.FromBase64String(line.Data), line.ExplicitHashKey is { } hashKey ? ExplicitHashKey.Parse(hashKey) : null))];

    /// <summary>The records, all of them delivered, with the places that were told.</summary>
    public static IEnumerable<Line> Told(IReadOnlyList<Line> records, IReadOnlyList<RecordResult> results)
    {
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        return records.Zip(results, static (record, r) =>
            record with { ShardId = r.ShardId, SequenceNumber = r.SequenceNumber, SubSequenceNumber = r.SubSequenceNumber });
    }
}
