using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Flushing;

/// <summary>
/// Frees memory while callers wait for it. If nothing keeps Kinesis busy, it flushes the oldest open aggregates, one call's worth, so that
/// a full memory never waits for a linger.
/// </summary>
/// <remarks>
/// It does nothing while calls fail: flushing would free nothing and make small aggregates. Records that wait for a retry then find out
/// when Kinesis is back.
/// </remarks>
internal sealed class MemoryPressure(PipelineSettings settings, RouteTable routes, StreamSender sender, CallJudge judge, MonotonicClock clock)
{
    private readonly Cooldown _relief = new(TimeSpan.FromMilliseconds(1));

    /// <summary>Called when a caller waits for memory. Does its work at most once a millisecond.</summary>
    public void Relieve()
    {
        if (!_relief.TryStart(clock.Now))
            return;
        if (judge.HasLastCallFailed && (sender.HasCalls || routes.Current.All.Any(static e => e.HasRetries)))
            return;
        if (sender.CanBegin(settings.Options.MaxConnections))
            FlushOldest();
        sender.Expedite();
    }

    private void FlushOldest()
    {
        var open = routes.Current.All.Select(static e => (Engine: e, State: e.Inspect())).Where(static e => e.State.OpenBytes > 0).ToList();
        open.Sort(static (one, other) => one.State.Deadline.CompareTo(other.State.Deadline));
        var bytes = 0L;
        foreach (var (engine, state) in open)
        {
            engine.FlushNow();
            if ((bytes += state.OpenBytes) >= settings.Collection.MaxBytes)
                break;
        }
    }
}
