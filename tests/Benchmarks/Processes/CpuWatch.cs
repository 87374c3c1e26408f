namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>Looks at the processor time of other processes twenty times a second, so that afterwards that of the last seconds is known.</summary>
internal sealed class CpuWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    private readonly List<(long At, TimeSpan Cpu)> _seen = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<TimeSpan> _cpuTime;
    private readonly Task _watching;

    /// <param name="cpuTime">User and system time of the processes.</param>
    public CpuWatch(Func<TimeSpan> cpuTime)
    {
        _cpuTime = cpuTime;
        Look();
        _watching = WatchAsync();
    }

    /// <summary>Stops, and returns what the processes took in the last so many seconds until now.</summary>
    public async Task<TimeSpan> LastAsync(double seconds)
    {
        await DisposeAsync();
        Look();
        var (end, cpu) = _seen[^1];
        var from = end - (long)(seconds * TimeProvider.System.TimestampFrequency);
        return cpu - _seen.MinBy(s => Math.Abs(s.At - from)).Cpu;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Every);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                Look();
        }
        catch (OperationCanceledException)
        {
            // It was stopped.
        }
    }

    private void Look() => _seen.Add((TimeProvider.System.GetTimestamp(), _cpuTime()));
}
