using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Doubts;

/// <summary>Kinesis records whose verdict is pending until the shard map or the stream's limits have been read.</summary>
internal sealed class PendingVerdicts(MonotonicClock clock)
{
    private readonly HashSet<KinesisRecord> _held = [];

    /// <summary>When the oldest user record among them was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_held)
            return _held.Count == 0 ? long.MaxValue : _held.Min(static r => r.OldestAcceptedAt);
    }

    /// <summary>Waits for the news, but no longer than the record's own time-to-live. False when the time-to-live ended first.</summary>
    public async Task<bool> WaitAsync(KinesisRecord record, Task news)
    {
        lock (_held)
            _held.Add(record);
        try
        {
            await news.WaitAsync(TimeSpan.FromTicks(Math.Max(0, record.ExpiresAt - clock.Now)), clock.Time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            lock (_held)
                _held.Remove(record);
        }
    }
}
