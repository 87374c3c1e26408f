using System.Text.Json.Serialization;

namespace Orleans.Kpl.Benchmarks.Kernel;

/// <summary>What the bench <c>kernel</c> measures: nanoseconds per user record, median of the runs.</summary>
/// <param name="Ns100">Records of 100 bytes, on the widest path.</param>
/// <param name="Ns1024">Records of 1,024 bytes, on the widest path.</param>
/// <param name="ScalarNs100">Records of 100 bytes, without vectors for MD5.</param>
/// <param name="ScalarNs1024">Records of 1,024 bytes, without vectors for MD5.</param>
/// <param name="Md5KeyNs">The yardstick: <c>MD5.HashData</c> of one 36-byte key.</param>
/// <param name="BytesAllocatedPerRecord">Managed bytes allocated per record in steady state, the worst of all runs.</param>
/// <param name="ReadNs100">Reading the aggregates back by <c>Aggregates.Read</c> without a range, a member of 100 bytes.</param>
/// <param name="ReadNs1024">The same, a member of 1,024 bytes.</param>
/// <param name="ReadRangeNs100">By <c>Aggregates.Read</c> with the range of the shard, a member of 100 bytes.</param>
/// <param name="ReadRangeNs1024">The same, a member of 1,024 bytes.</param>
/// <param name="ReadAllNs100">By <c>Aggregates.ReadAll</c> with the range of the shard, a member of 100 bytes.</param>
/// <param name="ReadAllNs1024">The same, a member of 1,024 bytes.</param>
/// <param name="BytesAllocatedPerMemberRead">Managed bytes allocated per member that is read, the worst of all runs.</param>
internal sealed record KernelFigures(
    [property: JsonPropertyName("ns_100")] double Ns100,
    [property: JsonPropertyName("ns_1024")] double Ns1024,
    [property: JsonPropertyName("scalar_ns_100")] double ScalarNs100,
    [property: JsonPropertyName("scalar_ns_1024")] double ScalarNs1024,
    [property: JsonPropertyName("md5_key_ns")] double Md5KeyNs,
    [property: JsonPropertyName("bytes_allocated_per_record")] double BytesAllocatedPerRecord,
    [property: JsonPropertyName("read_ns_100")] double ReadNs100,
    [property: JsonPropertyName("read_ns_1024")] double ReadNs1024,
    [property: JsonPropertyName("read_range_ns_100")] double ReadRangeNs100,
    [property: JsonPropertyName("read_range_ns_1024")] double ReadRangeNs1024,
    [property: JsonPropertyName("read_all_ns_100")] double ReadAllNs100,
    [property: JsonPropertyName("read_all_ns_1024")] double ReadAllNs1024,
    [property: JsonPropertyName("bytes_allocated_per_member_read")] double BytesAllocatedPerMemberRead);
