using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Fairness;

namespace Orleans.Kpl.Pipeline.Flushing;

/// <summary>
/// Frees memory while callers wait for it. If nothing keeps Kinesis busy, it flushes the oldest open aggregates, one call's worth, so that
/// a full memory never waits for a linger.
/// </summary>
/// <remarks>
/// It does nothing while calls fail: flushing would free nothing and make small aggregates. Records that wait for a retry then find out
/// when Kinesis is back.
/// </remarks>
internal sealed class MemoryPressure(PipelineSettings settings, RouteTable routes, StreamSender sender, StreamTelemetry telemetry, MonotonicClock clock)
{
    private readonly Cooldown _relief = new(TimeSpan.FromMilliseconds(1));

    /// <summary>Returns what frees memory if callers wait for it.</summary>
    public static Action IfAwaited(MemoryLimit memory, Action relieve) => () =>
    {
        if (memory.IsAwaited)
            relieve();
    };

    /// <summary>Called when a caller waits for memory. Does its work at most once a millisecond.</summary>
    public void Relieve()
    {
        // While no call may begin nothing can be done. The end of one asks again, and must not find the millisecond spent.
        var (isFree, isEmpty) = sender.Within((collected, calls) => (calls.Count < settings.Options.MaxConnections, collected.IsEmpty));
        if (!isFree || !_relief.TryStart(clock.Now))
            return;
        if (telemetry.HasLastCallFailed && (sender.HasCalls || routes.Current.All.Any(static e => e.HasRetries)))
            return;
        if (isEmpty)
            FlushOldest();
        sender.Expedite(clock.Now);
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

/// <summary>Has an engine send before its records are due, and looks at what it holds.</summary>
internal static class EngineFlushing
{
    extension(ShardEngine engine)
    {
        /// <summary>Whether a record waits for a retry.</summary>
        public bool HasRetries
        {
            get
            {
                lock (engine.Lock)
                    return engine.Policy.Held.Any(static r => r.NotBefore > 0);
            }
        }

        /// <summary>Has the held records sent without waiting for their deadline, as soon as there are tokens.</summary>
        public void FlushNow()
        {
            lock (engine.Lock)
            {
                var now = engine.Now;
                foreach (var record in engine.Policy.Held)
                    record.Deadline = Math.Min(record.Deadline, now);
                foreach (var open in engine.OpenAggregates)
                    open.Deadline = open.IsEmpty ? open.Deadline : Math.Min(open.Deadline, now);
                engine.SendDueAndRearm(now);
            }
        }

        /// <summary>Takes a snapshot of the engine's state.</summary>
        public OpenState Inspect()
        {
            lock (engine.Lock)
            {
                var (bytes, oldest) = (0, engine.Policy.Held.Select(static r => r.OldestAcceptedAt).DefaultIfEmpty(long.MaxValue).Min());
                foreach (var open in engine.OpenAggregates)
                {
                    bytes += open.IsEmpty ? 0 : open.Size;
                    oldest = Math.Min(oldest, open.OldestAcceptedAt);
                }

                return new OpenState(bytes, engine.FirstToLeave.Deadline, oldest);
            }
        }
    }
}

/// <summary>The contents of a sender.</summary>
internal static class SenderContents
{
    extension(StreamSender sender)
    {
        /// <summary>Whether a call is under way.</summary>
        public bool HasCalls => sender.Within(static (_, calls) => calls.Count > 0);

        /// <summary>Returns when the oldest record in the sender was accepted; <see cref="long.MaxValue"/> where it has none.</summary>
        public long OldestAcceptedAt() => sender.Within(static (collected, calls) => collected.Waiting.Concat(calls.SelectMany(static c => c.Records))
            .Select(static r => r.OldestAcceptedAt).DefaultIfEmpty(long.MaxValue).Min());

        /// <summary>Sends what is collected without linger: at once, or as soon as another call may begin.</summary>
        public void Expedite(long now)
        {
            sender.Within((collected, _) => collected.MakeDue(now));
            sender.OnDue(now);
        }

        /// <summary>Removes and returns the matching Kinesis records that are collected but not in a call yet.</summary>
        public List<KinesisRecord> TakeOut(Predicate<KinesisRecord> isMeant) => sender.Within((collected, _) => collected.TakeOut(isMeant));

        /// <summary>Completes when no call holds a matching Kinesis record. No further matching ones may be added.</summary>
        public Task ClearedOfAsync(Predicate<KinesisRecord> isMeant)
        {
            var cleared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            sender.Ended += Look;
            Look();
            return cleared.Task;

            void Look()
            {
                if (sender.Within((_, calls) => calls.Any(c => c.Records.Exists(isMeant))))
                    return;
                sender.Ended -= Look;
                cleared.TrySetResult();
            }
        }
    }
}

/// <summary>A snapshot of an engine: the bytes in its open aggregates, when the first of these is due, and when its oldest record was accepted.</summary>
internal readonly record struct OpenState(int OpenBytes, long Deadline, long OldestAcceptedAt);
