using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl;

/// <summary>Takes Kinesis records apart into the user records that a producer put into them: those of Amazon's KPL, of Orleans.Kpl and of others that
/// write KPL's format.</summary>
public static class Aggregates
{
    /// <summary>
    /// Reads the user records of a Kinesis record, in their order. What is no aggregate is one user record, as in KCL: data without KPL's magic bytes, with
    /// a wrong MD5, or with a message that cannot be read. So is an aggregate with a right MD5 and a member that names a missing key; of that KCL returns
    /// the members before it. It never throws because of the data, and copies none of it.
    /// </summary>
    /// <param name="data">The data of the Kinesis record. The user records are parts of it: it must not change while they are used.</param>
    /// <param name="partitionKey">The partition key of the Kinesis record.</param>
    /// <param name="range">
    /// The hash keys of the shard that the record was read from, for KCL's filter. An aggregate with a member that belongs to another shard is dropped
    /// whole, because its producer sends it again to where it belongs (AggregatorUtil.java, deaggregate). Null: every member is returned, and such records
    /// come twice.
    /// </param>
    public static DeaggregatedRecords Read(ReadOnlyMemory<byte> data, string partitionKey, ShardHashKeys? range = null)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        return new DeaggregatedRecords(data, partitionKey, range);
    }

    /// <summary>
    /// Reads the user records of many Kinesis records, as <see cref="Read"/> does for one. It costs less for each, because the MD5 of up to 64 aggregates
    /// are checked side by side: use it for what GetRecords or a Lambda event brings.
    /// </summary>
    /// <param name="records">The Kinesis records. They must not change while they are read.</param>
    /// <param name="range">The hash keys of the shard that all of them were read from, as for <see cref="Read"/>; null: every member is returned.</param>
    /// <returns>
    /// The user records of each Kinesis record, in the order of <paramref name="records"/>; none where KCL's filter drops an aggregate.
    /// </returns>
    public static DeaggregatedBatch ReadAll(IReadOnlyList<KinesisRecordData> records, ShardHashKeys? range = null)
    {
        ArgumentNullException.ThrowIfNull(records);
        return new DeaggregatedBatch(records, range);
    }

    /// <summary>
    /// Whether data look like an aggregate: they have the magic bytes and are long enough. A user record may look so by chance; only reading it tells.
    /// </summary>
    /// <param name="data">The data of a Kinesis record.</param>
    public static bool LookLikeAggregate(ReadOnlySpan<byte> data) => AggregatedRecordCodec.IsAggregate(data);
}

/// <summary>The parts of a Kinesis record that <see cref="Aggregates.ReadAll"/> needs.</summary>
/// <param name="Data">The data. They must not change while the user records are used, which are parts of them.</param>
public readonly record struct KinesisRecordData(ReadOnlyMemory<byte> Data, string PartitionKey);

/// <summary>The hash keys of a shard, as Kinesis lists them (<c>HashKeyRange</c>); both ends belong to it.</summary>
/// <param name="Starting">The lowest hash key.</param>
/// <param name="Ending">The highest hash key.</param>
public readonly record struct ShardHashKeys(UInt128 Starting, UInt128 Ending)
{
    /// <summary>Reads the two decimal texts of <c>HashKeyRange</c>.</summary>
    /// <param name="starting"><c>StartingHashKey</c>.</param>
    /// <param name="ending"><c>EndingHashKey</c>.</param>
    /// <exception cref="FormatException">One of them is no number from 0 to 2^128 − 1.</exception>
    public static ShardHashKeys Parse(string starting, string ending) => new(ParseOne(starting), ParseOne(ending));

    /// <summary>Whether a hash key belongs to the shard.</summary>
    public bool Contains(UInt128 hashKey) => hashKey >= Starting && hashKey <= Ending;

    private static UInt128 ParseOne(string text) =>
        UInt128.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{text}' is no hash key: a number from 0 to 2^128 - 1.");
}
