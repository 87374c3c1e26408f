using Orleans.Kpl.Pipeline.Limiting;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>What one shard saw in one minute.</summary>
/// <param name="UserRecords">User records that wanted to be sent.</param>
/// <param name="OfferedRecords">Kinesis records that wanted to be sent, each counted once.</param>
/// <param name="OfferedBytes">Their bytes, keys included.</param>
/// <param name="Delivered">Kinesis records that Kinesis took.</param>
/// <param name="DeliveredBytes">Their bytes, keys included.</param>
/// <param name="Throttled">Kinesis records that Kinesis throttled, each try counted.</param>
internal readonly record struct MinuteCount(long UserRecords, long OfferedRecords, long OfferedBytes, long Delivered, long DeliveredBytes, long Throttled)
{
    /// <summary>The demand as a share of what a shard takes in a minute, by the scarcer of records and bytes. Above 1 it cannot keep up.</summary>
    public double Utilisation => Math.Max(OfferedRecords / (60 * ShardLimits.RecordsPerSecond), OfferedBytes / (60 * ShardLimits.BytesPerSecond));
}
