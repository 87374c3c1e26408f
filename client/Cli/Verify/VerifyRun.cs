using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Verify;

/// <summary>Reads a stream for a verifier, and waits for what may be under way.</summary>
/// <param name="failures">Decides what to do after a failed read.</param>
/// <param name="told">Is asked before and after each reading.</param>
internal sealed class VerifyRun(
    ITailSource source, TailFailures failures, DeliveryVerifier verifier, DeliveryWindow window, VerifySink sink, ToldByProducers told,
    TimeProvider time, StatusLine status)
{
    /// <summary>The most shards that hold a page at once: memory stays below 150 MiB.</summary>
    private const int MostPages = 2;

    /// <summary>The time up to which all was read: when the last reading began.</summary>
    public DateTimeOffset ReadUpTo { get; private set; }

    /// <summary>Reads what belongs to the window. False where it was interrupted.</summary>
    public Task<bool> ReadAsync(CancellationToken stop) => ReadAsync(window.ReadFrom, stop);

    /// <summary>Waits where numbers may still come, and reads what came since. False where it was interrupted.</summary>
    public async Task<bool> AwaitUnderWayAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var end = now + window.RecordTtl + (told.HasNumbers ? window.Slack : TimeSpan.Zero);
        var until = end < window.ReadTo ? end : window.ReadTo;
        if (ReadUpTo >= until || verifier.GetReport(ReadUpTo).UnderWay is not (> 0 and var underWay))
            return true;
        var wait = until > now ? until - now : TimeSpan.Zero;
        status.WriteLine($"kpl: {Quantity.Of(underWay, "number")} may be under way: waiting {Quantity.OfTime(wait)} for them");
        await Task.Delay(wait + TimeSpan.FromMilliseconds(1), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.IsCancellationRequested)
            return false;

        // Clocks may differ by seconds: what is read again only tells that a number came.
        sink.IsSecond = true;
        return await ReadAsync((window.To < ReadUpTo ? window.To : ReadUpTo) - window.RecordTtl, stop).ConfigureAwait(false);
    }

    private async Task<bool> ReadAsync(DateTimeOffset start, CancellationToken stop)
    {
        await told.AskNumbersAsync().ConfigureAwait(false);
        var began = time.GetUtcNow();
        var run = new TailRun(source, failures, sink, time, mostPages: MostPages);
        var (begin, before) = (time.GetTimestamp(), sink.Records);
        await using var bar = new ProgressBar(
            status, time, () => new ProgressReading(sink.Records, 0, sink.Progress.Done, sink.Progress.Total) { Text = $"read {sink.Records:N0}" });
        var isComplete = await run.RunAsync(VerifyTimes.StartAt(start), follow: false, stop).ConfigureAwait(false);
        var (read, seconds) = (sink.Records - before, time.GetElapsedTime(begin).TotalSeconds);
        status.WriteLine($"kpl: {Quantity.Of(read, "record")} from {Quantity.Of(run.Shards, "shard")}, in {seconds:0.0} s");
        if (!isComplete)
            return false;
        ReadUpTo = began;
        await told.AskFailuresAsync().ConfigureAwait(false);
        return true;
    }
}
