using System.Numerics;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>A shard of the service, and what it takes in a second.</summary>
internal sealed class ServiceShard(ShardRange range, BigInteger first, bool inWindows, long born)
{
    public const double BytesPerSecond = 1 << 20;
    public const double RecordsPerSecond = 1_000;

    private double _bytes = BytesPerSecond;
    private double _records = RecordsPerSecond;
    private long _since = born;

    public ShardRange Range => range;

    /// <summary>When it was closed; null while it is open.</summary>
    public long? ClosedAt { get; set; }

    public long Born { get; } = born;

    /// <summary>The sequence number of the record with that number in the stream.</summary>
    public string SequenceOf(long number) => (first + ((BigInteger)number << 80)).ToString(CultureInfo.InvariantCulture);

    /// <summary>Takes a record if the shard's limits allow it: a bucket of one second, or windows of one second.</summary>
    public bool TryTake(long now, int bytes)
    {
        Refill(now);
        if (_records < 1 || (_bytes < bytes && (bytes <= BytesPerSecond || _bytes < BytesPerSecond)))
            return false;
        _bytes -= bytes;
        _records--;
        return true;
    }

    private void Refill(long now)
    {
        if (inWindows)
        {
            if (now / TimeSpan.TicksPerSecond == _since / TimeSpan.TicksPerSecond)
                return;
            (_bytes, _records) = (BytesPerSecond, RecordsPerSecond);
        }
        else
        {
            var seconds = (now - _since) / (double)TimeSpan.TicksPerSecond;
            _bytes = Math.Min(BytesPerSecond, _bytes + seconds * BytesPerSecond);
            _records = Math.Min(RecordsPerSecond, _records + seconds * RecordsPerSecond);
        }

        _since = now;
    }
}
