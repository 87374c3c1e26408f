using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>
/// Says why nothing happens: where no record has ended for five seconds while some are under way, a line tells how many wait and what is known of the
/// reason. Once for each pause. Dispose it when the work has ended.
/// </summary>
internal sealed class StallNotice : IAsyncDisposable
{
    /// <summary>How long nothing ends before it is told.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly StatusLine _status;
    private readonly TimeProvider _time;
    private readonly Func<(long Ended, long UnderWay)> _read;
    private readonly Func<Task<string?>> _why;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private Task _telling = Task.CompletedTask;
    private long _ended;
    private long _since;
    private bool _isTold;

    /// <param name="read">How many records have ended, and how many have not.</param>
    /// <param name="why">Asks for the reason; null where none is known. Never throws.</param>
    public StallNotice(StatusLine status, TimeProvider time, Func<(long Ended, long UnderWay)> read, Func<Task<string?>> why)
    {
        (_status, _time, _read, _why) = (status, time, read, why);
        _since = time.GetTimestamp();
        _timer = time.CreateTimer(static notice => ((StallNotice)notice!).Look(), this, Every, Every);
    }

    /// <summary>Ends the looks, and waits for a line that is being made.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        Task telling;
        lock (_lock)
            telling = _telling;
        await telling.ConfigureAwait(false);
    }

    private void Look()
    {
        var (ended, underWay) = _read();
        lock (_lock)
        {
            if (ended != _ended || underWay == 0)
                (_ended, _since, _isTold) = (ended, _time.GetTimestamp(), false);
            else if (!_isTold && _time.GetElapsedTime(_since) >= Patience)
                (_isTold, _telling) = (true, TellAsync(underWay));
        }
    }

    private async Task TellAsync(long underWay)
    {
        var why = await _why().ConfigureAwait(false);
        var wait = underWay == 1 ? "waits" : "wait";
        _status.WriteLine($"kpl: {Quantity.Of(underWay, "record")} of the input {wait} for an outcome{(why is null ? "" : $". {why}")}", Tone.Warning);
    }
}
