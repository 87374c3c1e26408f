using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Management;

/// <summary>The open shards of a stream, as they were read.</summary>
/// <param name="Version">Orders the readings.</param>
/// <param name="ReadAt">When they were read last.</param>
/// <param name="Shards">The shards, in the order of their hash keys.</param>
internal sealed record ShardReading(ReadingVersion Version, DateTimeOffset ReadAt, IReadOnlyList<ShardRange> Shards);

/// <summary>
/// Orders the readings of a stream's shards by age, even if two managers of the stream existed for a moment, or the stream was deleted and
/// created again.
/// </summary>
/// <param name="StreamCreatedAt">When the stream was created. Compared first.</param>
/// <param name="Epoch">When the manager that read them began, by the clock of its silo. Compared second.</param>
/// <param name="Number">The number of the reading of that manager, from 1. Compared last.</param>
internal readonly record struct ReadingVersion(DateTimeOffset StreamCreatedAt, long Epoch, long Number) : IComparable<ReadingVersion>
{
    public int CompareTo(ReadingVersion other) => (StreamCreatedAt, Epoch, Number).CompareTo((other.StreamCreatedAt, other.Epoch, other.Number));
}
