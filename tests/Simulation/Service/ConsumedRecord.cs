using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>A user record as a consumer reads it.</summary>
/// <param name="HashKey">Where it belongs.</param>
/// <param name="Data">Its data.</param>
internal readonly record struct ConsumedRecord(UInt128 HashKey, byte[] Data)
{
    /// <summary>Takes a Kinesis record apart as KCL does.</summary>
    public static List<ConsumedRecord> Read(string partitionKey, UInt128 hashKey, ReadOnlySpan<byte> data)
    {
        if (!StoredMember.IsAggregate(data))
            return [new ConsumedRecord(hashKey, data.ToArray())];
        var members = StoredMember.Read(data)
            ?? throw new InvalidDataException($"the digest of an aggregate with partition key {partitionKey} is wrong");
        return members.ConvertAll(static m => new ConsumedRecord(m.HashKey, m.Data));
    }

    /// <summary>
    /// Whether a consumer sees what a shard holds. KCL drops a whole aggregate at its first member outside the shard; a record that is no aggregate
    /// is always seen.
    /// </summary>
    public static bool IsVisible(List<ConsumedRecord> members, ReadOnlySpan<byte> data, ShardRange shard) =>
        (members.Count == 1 && !StoredMember.IsAggregate(data)) || members.TrueForAll(m => shard.Contains(m.HashKey));
}

