using System.Text;

namespace Orleans.Kpl;

/// <summary>A user record as its producer put it. Its bytes are parts of the Kinesis record that it was read from.</summary>
public readonly struct DeaggregatedRecord
{
    private readonly string? _plainKey;
    private readonly ReadOnlyMemory<byte> _key;

    internal DeaggregatedRecord(string partitionKey, ReadOnlyMemory<byte> data) => (_plainKey, Data) = (partitionKey, data);

    internal DeaggregatedRecord(ReadOnlyMemory<byte> key, UInt128? explicitHashKey, ReadOnlyMemory<byte> data, int index, ProducerNumber? number)
    {
        (_key, Data, ExplicitHashKey) = (key, data, explicitHashKey);
        (SubSequenceNumber, ProducerNumber) = (index, number);
    }

    /// <summary>The data.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>
    /// The partition key that the producer gave. For a member of an aggregate each read decodes it again; <see cref="PartitionKeyUtf8"/> allocates nothing
    /// then.
    /// </summary>
    public string PartitionKey => _plainKey ?? Encoding.UTF8.GetString(_key.Span);

    /// <summary>The partition key as UTF-8. For a record that is no member of an aggregate each read encodes it again.</summary>
    public ReadOnlyMemory<byte> PartitionKeyUtf8 => _plainKey is null ? _key : Encoding.UTF8.GetBytes(_plainKey);

    /// <summary>The explicit hash key of a member; null where the producer gave none, and where the record is no member of an aggregate.</summary>
    public UInt128? ExplicitHashKey { get; }

    /// <summary>
    /// The place in the aggregate, from 0: all members have the sequence number of their Kinesis record, and this tells them apart, as in KCL.
    /// </summary>
    public long SubSequenceNumber { get; }

    /// <summary>Whether the record is a member of an aggregate; false where it is a Kinesis record of its own.</summary>
    public bool IsMember => _plainKey is null;

    /// <summary>The producer number; null where the producer writes none. <see cref="DuplicateFilter"/> drops repeats by it.</summary>
    public ProducerNumber? ProducerNumber { get; }
}
