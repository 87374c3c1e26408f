namespace Orleans.Kpl.Cli.Terminal;

/// <summary>The values that a progress bar shows at one instant.</summary>
/// <param name="Done">How far the work is, in the unit of <paramref name="Total"/>.</param>
/// <param name="Total">All of the work; 0 if unknown.</param>
internal readonly record struct ProgressReading(long Delivered, long Failed, long Done, long Total)
{
    /// <summary>The text instead of delivered and failed; null for these.</summary>
    public string? Text { get; init; }
}

/// <summary>Draws the rate, delivered and failed records and the estimated end four times a second, until it is disposed of.</summary>
internal sealed class ProgressBar : IAsyncDisposable
{
    private const int BarWidth = 20;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly StatusLine _line;
    private readonly TimeProvider _time;
    private readonly Func<ProgressReading> _read;
    private readonly RateMeter _rate;
    private readonly long _start;
    private readonly ITimer? _timer;

    public ProgressBar(StatusLine line, TimeProvider time, Func<ProgressReading> read)
    {
        _line = line;
        _time = time;
        _read = read;
        _start = time.GetTimestamp();
        _rate = new RateMeter(time);
        if (line.IsShown)
            _timer = time.CreateTimer(static bar => ((ProgressBar)bar!).Draw(), this, Period, Period);
    }

    /// <summary>Stops drawing and removes the bar.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_timer is null)
            return;
        await _timer.DisposeAsync().ConfigureAwait(false);
        _line.Clear();
    }

    /// <summary>Formats the line for one reading.</summary>
    internal static string Format(ProgressReading reading, double perSecond, TimeSpan elapsed)
    {
        var text = $"{perSecond:N0}/s  {reading.Text ?? $"delivered {reading.Delivered:N0}  failed {reading.Failed:N0}"}";
        if (reading.Total <= 0)
            return $"{text}  {Clock(elapsed)}";

        var share = Math.Clamp((double)reading.Done / reading.Total, 0, 1);
        var filled = (int)(share * BarWidth);
        // Less is no ground for a guess, and the guess may be more than a TimeSpan holds.
        var left = share > 1e-6 ? Clock(elapsed * (1 - share) / share) : "--:--";
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}] {share * 100:0}%  {text}  {left} left";
    }

    private static string Clock(TimeSpan span) => span.TotalHours >= 1
        ? $"{(long)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}"
        : $"{span.Minutes:00}:{span.Seconds:00}";

    private void Draw()
    {
        var reading = _read();
        _line.Draw(Format(reading, _rate.Read(reading.Delivered), _time.GetElapsedTime(_start)));
    }
}

/// <summary>Measures a rate over the last few seconds, not since the start.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private const int Window = 16;
    private readonly (long Timestamp, long Count)[] _readings = new (long, long)[Window];
    private readonly long _start = time.GetTimestamp();
    private int _taken;

    /// <summary>Takes a reading of the counter and returns the counts per second over the last readings.</summary>
    public double Read(long count)
    {
        var now = time.GetTimestamp();
        var (since, before) = _taken < Window ? (_start, 0) : _readings[_taken % Window];
        _readings[_taken++ % Window] = (now, count);
        var seconds = time.GetElapsedTime(since, now).TotalSeconds;
        return seconds > 0 ? (count - before) / seconds : 0;
    }
}
