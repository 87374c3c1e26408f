using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>
/// Tells people who pressed Ctrl-C what the command still waits for, unless it ends within a second; a second Ctrl-C is answered with what is
/// undelivered. Dispose it when the work has ended.
/// </summary>
internal sealed class InterruptNotice : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly CliHost _host;
    private readonly StatusLine _status;
    private readonly Func<long> _underWay;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _stopped;
    /// <param name="underWay">Counts the records that have no outcome yet.</param>
    /// <param name="describe">Describes the whole run after a second Ctrl-C.</param>
    public InterruptNotice(CliHost host, StatusLine status, Func<long> underWay, Func<string> describe)
    {
        (_host, _status, _underWay) = (host, status, underWay);
        _timer = host.Time.CreateTimer(static notice => ((InterruptNotice)notice!).Tell(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _stopped = host.Stop.Register(() => _timer.Change(Delay, Timeout.InfiniteTimeSpan));
        host.LastWords.Set(() => status.WriteLine(describe(), Tone.Bad, isLast: true));
    }

    public void Dispose()
    {
        _host.LastWords.Set(null);
        _stopped.Dispose();
        _timer.Dispose();
    }

    private void Tell()
    {
        if (_underWay() is > 0 and var waiting)
            _status.WriteLine($"kpl: interrupted: waiting for {Quantity.Of(waiting, "record")} under way; a second interrupt ends at once", Tone.Warning);
    }
}
