using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>
/// What KCL hands to its application of what a decoder found. An aggregate with a member outside its shard's range is dropped whole; plain
/// records are never dropped (KCL <c>AggregatorUtil.java</c>, deaggregate).
/// </summary>
internal static class KclFilter
{
    /// <param name="read">User records, as the decoder found them: it tells no hash keys.</param>
    /// <param name="put">The records that were put, from which the hash keys are known.</param>
    /// <param name="shards">Every shard that the stream ever had.</param>
    public static IEnumerable<Line> Visible(IEnumerable<Line> read, IEnumerable<Line> put, IEnumerable<ShardSnapshot> shards)
    {
        // Two records of one content and different hash keys could not be told apart, and end the test.
        var hashes = put.GroupBy(Content).ToDictionary(same => same.Key, same => same.Select(Hash).Distinct().Single());
        var ranges = shards.ToDictionary(shard => shard.ShardId);
        return read.GroupBy(line => (line.ShardId, line.SequenceNumber)).Where(members => members.Count() == 1 || members.All(IsInRange)).SelectMany(m => m);

        bool IsInRange(Line line)
        {
            var (hash, shard) = (hashes[Content(line)], ranges[line.ShardId!]);
            return hash >= shard.StartingHashKey && hash <= shard.EndingHashKey;
        }
    }

    private static string Content(Line line) => SampleRecords.Contents([line]).Single();

    private static UInt128 Hash(Line line) => line.ExplicitHashKey is { } given
        ? UInt128.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
        : BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(Encoding.UTF8.GetBytes(line.PartitionKey)));
}
