namespace Orleans.Kpl.Bytes;

/// <summary>
/// Looks at files every two seconds, because a secret mounted into a container changes in ways that the system tells nobody of. What a look throws
/// leaves in force what is; the next look may succeed.
/// </summary>
internal sealed class FileWatch : IAsyncDisposable
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How long a look that is under way is waited for at the end: a disk that does not answer holds up nobody.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    private readonly PeriodicTimer _timer;
    private readonly TimeProvider _time;
    private readonly Task _watching;

    /// <param name="failed">Is told what a look threw.</param>
    public FileWatch(Action look, Action<Exception> failed, TimeProvider time)
    {
        (_timer, _time) = (new PeriodicTimer(Interval, time), time);
        _watching = WatchAsync(look, failed);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching.EndsWithin(LongestLook, _time).ConfigureAwait(false);
    }

    private static void Tell(Action<Exception> failed, Exception defect)
    {
        try
        {
            failed(defect);
        }
        catch (Exception)
        {
            // A provider of the log threw, and there is nowhere else to tell it: the watch goes on.
        }
    }

    private async Task WatchAsync(Action look, Action<Exception> failed)
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                look();
            }
            catch (Exception defect)
            {
                Tell(failed, defect);
            }
        }
    }
}
