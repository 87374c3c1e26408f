using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Health;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>
/// Tells a person that Kinesis cannot be reached, where the producer has no log to tell it in: in one line, once in the producer's life. Without it a
/// first program would wait in silence for the end of its records' time-to-live.
/// </summary>
internal sealed class ReachNotice(Uri endpoint, TimeProvider time, Action<string> write)
{
    /// <summary>How long the first answer may take before its absence is told; a person waits two seconds at most.</summary>
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromMilliseconds(1_800);

    private int _isTold;

    /// <summary>Watches a stream from its first use.</summary>
    public void Watch(StreamPipeline stream)
    {
        stream.Health.Troubled += () => OnTroubled(stream);
        if (stream.Health.Trouble is not null)
            OnTroubled(stream);
        else
            _ = WatchStartAsync(stream);
    }

    /// <summary>From now on nothing is told: the producer is gone, and what it waited for is nobody's concern.</summary>
    public void Stop() => Interlocked.Exchange(ref _isTold, 1);

    /// <summary>A failure before any answer is told at once. Later ones are told when they turn out to last.</summary>
    private void OnTroubled(StreamPipeline stream)
    {
        if (Volatile.Read(ref _isTold) != 0)
            return;
        if (!stream.Health.WasReached && stream.Health.Trouble is { } first)
            _ = Task.Run(() => Tell(stream.Stream, "fail", $"{first.Code}: {first.Message}"));
        else
            _ = WatchTroubleAsync(stream);
    }

    private async Task WatchStartAsync(StreamPipeline stream)
    {
        await Task.Delay(FirstAnswer, time).ConfigureAwait(false);
        if (!stream.Health.WasReached && stream.Health.Trouble is null)
            Tell(stream.Stream, "are not answered yet", "neither Kinesis nor what gives credentials has answered");
    }

    private async Task WatchTroubleAsync(StreamPipeline stream)
    {
        await Task.Delay(StreamHealth.Patience, time).ConfigureAwait(false);
        if (stream.Health.Find(stream.Clock.Now) is { } lasting)
            Tell(stream.Stream, "fail", $"{lasting.Code}: {lasting.Message}");
    }

    private void Tell(string stream, string what, string message)
    {
        if (Interlocked.Exchange(ref _isTold, 1) != 0)
            return;
        var why = string.Concat(message.TrimEnd('.').Select(static c => char.IsControl(c) ? ' ' : c));
        try
        {
            write(
                $"Orleans.Kpl: calls to Kinesis at {endpoint.GetLeftPart(UriPartial.Authority)} {what} for stream {stream}: {why}. Its records wait "
                + "within their time-to-live. This is said once; a log (loggerFactory) tells more, and KplProducer.CheckAsync what to do.");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Nobody listens, and there is no other place to tell it.
        }
    }
}
