namespace Orleans.Kpl.Pipeline.Backlog.Replaying;

/// <summary>
/// Limits how many bytes of the backlog may be in flight at once, so that replay takes only what live records leave: less than best effort, as LEDBAT
/// (RFC 6817). While replayed records wait less than the target before they are sent, the window grows. When they wait longer, other records need the
/// shards, and it shrinks. Pure: time and observations are passed in.
/// </summary>
internal sealed class ReplayWindow
{
    /// <summary>The minimum window, in bytes: enough to notice that Kinesis takes records again.</summary>
    public const double Least = 64 << 10;

    /// <summary>How long replayed records should wait for tokens. They have no linger.</summary>
    public const long Target = 40 * TimeSpan.TicksPerMillisecond;

    private const double Most = 128 << 20;
    private const double MostAtOnce = 1 << 20;
    private const double Rise = 0.25;
    private const double Fall = 0.5;
    private const long Pause = 100 * TimeSpan.TicksPerMillisecond;

    private bool _starting = true;
    private long _loweredAt = long.MinValue / 2;

    public double Bytes { get; private set; } = Least;

    /// <summary>
    /// Gets how many bytes are let out together. With many shards a part of the least size has hardly a record for each; with a large window, parts of
    /// that size would make Kinesis records and calls that are too small.
    /// </summary>
    public double PartBytes => Math.Clamp(Bytes / 4, Least, MostAtOnce);

    /// <summary>Updates the window after bytes were delivered that waited for some time.</summary>
    /// <param name="waited">The time from their release to their end without that of their attempt, in ticks.</param>
    public void OnDelivered(double bytes, long waited)
    {
        var off = Math.Clamp(1 - waited / (double)Target, -1, 1);
        if (_starting && off > 0.5)
        {
            Bytes = Math.Min(Most, Bytes + bytes);
            return;
        }

        _starting = false;
        Bytes = Math.Clamp(Bytes + (off > 0 ? Rise : Fall) * off * bytes, Least, Most);
    }

    /// <summary>Updates the window after records came back undelivered.</summary>
    public void OnFailed(long now)
    {
        _starting = false;
        if (now - _loweredAt < Pause)
            return;
        _loweredAt = now;
        Bytes = Math.Max(Least, Bytes / 2);
    }
}
