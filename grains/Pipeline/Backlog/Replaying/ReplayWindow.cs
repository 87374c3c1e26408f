namespace Orleans.Kpl.Pipeline.Backlog.Replaying;

/// <summary>
/// How many bytes of the backlog may be on their way at once, so that they take what live records leave and no more: less than best effort,
/// as LEDBAT (RFC 6817). While replayed records wait less than the target before they are sent, more are let out; when they wait longer,
/// somebody else needs the shards, and fewer are. Pure: time and what is seen are passed in.
/// </summary>
internal sealed class ReplayWindow
{
    /// <summary>So much is always let out: enough to notice that Kinesis takes records again.</summary>
    public const double Least = 64 << 10;

    /// <summary>How long replayed records should wait for tokens, beyond the linger.</summary>
    public const long Target = 20 * TimeSpan.TicksPerMillisecond;

    private const double Most = 128 << 20;
    private const double Rise = 0.25;
    private const double Fall = 0.5;
    private const long Pause = 100 * TimeSpan.TicksPerMillisecond;

    private bool _starting = true;
    private long _loweredAt = long.MinValue / 2;

    public double Bytes { get; private set; } = Least;

    /// <summary>So many bytes were delivered, having waited so long beyond the linger.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="waited">From being let out to their first try, less the linger.</param>
    public void OnDelivered(double bytes, long waited)
    {
        var off = Math.Max(-1, 1 - waited / (double)Target);
        if (_starting && off > 0.5)
        {
            Bytes = Math.Min(Most, Bytes + bytes);
            return;
        }

        _starting = false;
        Bytes = Math.Clamp(Bytes + (off > 0 ? Rise : Fall) * off * bytes, Least, Most);
    }

    /// <summary>Records came back undelivered.</summary>
    public void OnFailed(long now)
    {
        _starting = false;
        if (now - _loweredAt < Pause)
            return;
        _loweredAt = now;
        Bytes = Math.Max(Least, Bytes / 2);
    }
}
