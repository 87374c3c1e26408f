using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Sends hints that a stream's list of failures has grown, at most ten a second and off the records' path. Between two hints only the latest is kept. One
/// that does not get through is dropped, because the list has everything.
/// </summary>
/// <param name="since">When the list was begun.</param>
internal sealed partial class FailureHints(string stream, DateTimeOffset since, Func<FailureNotice, Task> send, TimeProvider time, ILogger logger)
{
    /// <summary>Between the beginnings of two hints.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest time for a hint. One that takes longer may still arrive.</summary>
    public static readonly TimeSpan LongestSend = TimeSpan.FromSeconds(5);

    /// <summary>Between two log lines.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SharedWork _telling = new(Interval, Interval);
    private long _last;
    private long _told;
    private long _dropped;
    private long? _loggedAt;

    /// <summary>The list has grown. Returns at once.</summary>
    public void Grew(long last)
    {
        lock (_lock)
            _last = last;
        _telling.Ask(() => Task.Run(TellAsync), Dropped, time);
    }

    private async Task TellAsync()
    {
        FailureNotice notice;
        lock (_lock)
        {
            if (_last == _told)
                return;
            notice = new FailureNotice(stream, _last, _last - _told, since);
            _told = _last;
        }

        var pause = Task.Delay(Interval, time);
        try
        {
            await send(notice).Observed().WaitAsync(LongestSend, time).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Dropped(e);
        }

        await pause.ConfigureAwait(false);
    }

    private void Dropped(Exception error)
    {
        _dropped++;
        if (_loggedAt is { } at && time.GetElapsedTime(at) < Quiet)
            return;
        _loggedAt = time.GetTimestamp();
        LogDropped(error, _dropped, stream);
        _dropped = 0;
    }

    [LoggerMessage(114, LogLevel.Warning, "{Count} hints of failures of stream {Stream} did not get through; its list has the failures")]
    private partial void LogDropped(Exception error, long count, string stream);
}
