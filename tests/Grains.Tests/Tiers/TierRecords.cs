using System.Text;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Numbered records for a tier, and where its answers say that they are.</summary>
internal static class TierRecords
{
    public static UserRecord Record(int number) => new($"key-{number}", Encoding.UTF8.GetBytes($"data-{number}"));

    public static UserRecord[] Records(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(Record)];

    /// <summary>Each record that was told delivered is visible to KCL, in the shard and under the number that were told.</summary>
    public static void AssertVisible(KinesisEndpoint kinesis, string stream, IReadOnlyList<UserRecord> records, IReadOnlyList<RecordResult> results)
    {
        var seen = ConsumerView.Of(kinesis, stream).Where(s => s.Visible).ToLookup(s => s.Key);
        Assert.Equal(records.Count, results.Count);
        for (var i = 0; i < records.Count; i++)
        {
            var result = results[i];
            if (result.Status != RecordStatus.Delivered)
                continue;
            Assert.Contains(seen[records[i].PartitionKey], s =>
                s.ShardId == result.ShardId && s.SequenceNumber == result.SequenceNumber && s.Data == Encoding.UTF8.GetString(records[i].Data.Span));
        }
    }
}
