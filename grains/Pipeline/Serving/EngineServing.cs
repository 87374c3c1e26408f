using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Serving;

/// <summary>
/// Opens, pauses, empties and regroups an engine when its shard comes and goes. Embedded a shard is served by this process, until a reshard; in a cluster
/// other processes serve it too.
/// </summary>
internal static class EngineServing
{
    /// <summary>How long after a reshard the throttles of a new shard say nothing about other writers.</summary>
    private const long SettlingTime = TimeSpan.TicksPerSecond;

    extension(ShardEngine engine)
    {
        /// <summary>Whether the shard is served, but not here, or not much longer.</summary>
        public bool IsElsewhere => engine.State is EngineState.Elsewhere or EngineState.Leaving;

        /// <summary>Runs an action under the lock, while no record is accepted and the shard stays open; false when it is not open.</summary>
        public bool WhileOpen(Action act)
        {
            lock (engine.Lock)
            {
                if (!engine.IsOpen)
                    return false;
                act();
                return true;
            }
        }

        /// <summary>Starts to serve the shard here.</summary>
        /// <param name="level">The level of its bucket; null for a shard that nobody served before.</param>
        /// <param name="opened">
        /// Called under the lock: the records that waited for the shard go before those of any caller that finds it open. Null for nobody.
        /// </param>
        public void Open(ShardLevel? level, Action<ShardEngine>? opened)
        {
            lock (engine.Lock)
            {
                if (!engine.IsElsewhere)
                    return;
                engine.State = EngineState.Open;
                engine.Emptied = null;
                engine.StartFrom(level);
                opened?.Invoke(engine);
            }
        }

        /// <summary>Adds the records of a batch that belong to this shard; false when it is no longer served here.</summary>
        public bool TryAppend(PreparedBatch batch, ReadOnlySpan<int> picks)
        {
            lock (engine.Lock)
                return engine.TryAppendHeld(batch, picks);
        }

        /// <summary>Stops accepting records because another process is about to serve the shard. The held records are sent as tokens allow.</summary>
        /// <returns>Completes when nothing is held any more, or the records were released.</returns>
        public Task LeaveAsync()
        {
            lock (engine.Lock)
            {
                if (!engine.IsOpen)
                    return engine.Emptied?.Task ?? Task.CompletedTask;
                engine.State = EngineState.Leaving;
                var emptied = engine.Emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                engine.FlushNow();
                return emptied.Task;
            }
        }

        /// <summary>Completes the hand-over to the other process. Returns the records still held, and the level of the bucket.</summary>
        public (List<KinesisRecord> Held, ShardLevel Level) HandOver()
        {
            lock (engine.Lock)
            {
                engine.Tokens.Refill(engine.Now);
                var (records, bytes) = engine.Tokens.Level;
                return (engine.State == EngineState.Leaving ? engine.Release(EngineState.Elsewhere) : [], new ShardLevel(records, bytes));
            }
        }

        /// <summary>Stops sending while it is not known where the shard's records go. Each call needs one of <see cref="Resume"/>.</summary>
        public void Pause()
        {
            lock (engine.Lock)
                engine.Pauses++;
        }

        public void Resume()
        {
            lock (engine.Lock)
            {
                if (--engine.Pauses == 0)
                    engine.SendDueIfServed();
            }
        }

        /// <summary>Sends all records that may be sent, if the shard is served here. Called under the lock.</summary>
        public void SendDueIfServed()
        {
            if (!engine.IsReleased)
                engine.SendDueAndRearm(engine.Now);
        }

        /// <summary>Removes all held records. The engine continues.</summary>
        public List<KinesisRecord> TakeAll()
        {
            lock (engine.Lock)
            {
                var all = engine.Policy.TakeAll();
                engine.OpenAggregates.CloseAll(engine, all);
                return all;
            }
        }

        /// <summary>Releases and returns all held records, and sets the state. Called under the lock.</summary>
        public List<KinesisRecord> Release(EngineState state)
        {
            engine.State = state;
            engine.Emptied?.TrySetResult();
            engine.Services.Timers.Cancel(engine);
            // If an old expiry stayed, a shard that comes back would assume a wake-up for its first records, and never send them.
            engine.Timer = new EngineTimer();
            return engine.TakeAll();
        }

        /// <summary>Notes that these Kinesis records are held now. Called under the lock.</summary>
        public void Expect(List<KinesisRecord> records)
        {
            foreach (var record in records)
                engine.Timer.Expect(record.ExpiresAt);
        }

        /// <summary>Closes the open aggregates, and opens others. Called under the lock.</summary>
        public void Reopen(NewGroup? newGroup)
        {
            engine.CloseExpired(long.MaxValue);
            var former = engine.FirstOpenAggregate;
            // Where records keep their order, each aggregate begins a line of producer numbers.
            var first = engine.Policy.KeepsPlaces ? engine.NewAggregate() : former;
            first.Countdown = former.Countdown;
            engine.Begin(first, newGroup);
        }

        /// <summary>Ignores throttles of a new shard until it has settled: they say nothing about other writers.</summary>
        public void MaskThrottles()
        {
            lock (engine.Lock)
                engine.Rate?.MaskUntil(engine.Now + SettlingTime);
        }

        /// <summary>
        /// Returns how full the bucket is as a share, by the scarcer of records and bytes (below 0 in debt), and the share of the shard that other writers
        /// seem to use; null where that is not watched.
        /// </summary>
        public (double Fill, double? ForeignShare) Bucket()
        {
            lock (engine.Lock)
            {
                var (tokens, now) = (engine.Tokens, engine.Now);
                tokens.Refill(now);
                var (records, bytes) = tokens.Level;
                return (Math.Min(records / tokens.Limits.RecordCapacity, bytes / tokens.Limits.ByteCapacity), 1 - engine.Rate?.Rate(now));
            }
        }
    }

    extension(Span<OpenAggregate> aggregates)
    {
        /// <summary>Closes all aggregates that contain records; they are empty afterwards.</summary>
        public void CloseAll(ShardEngine engine, List<KinesisRecord> into)
        {
            foreach (var open in aggregates)
            {
                if (!open.IsEmpty)
                    into.Add(open.Close(engine));
            }
        }
    }

    /// <summary>Continues from the level that the shard had in another process; null for a shard that nobody served before.</summary>
    private static void StartFrom(this ShardEngine engine, ShardLevel? level)
    {
        var (tokens, limits) = (engine.Tokens, engine.Tokens.Limits);
        tokens.Refill(engine.Now);
        // With Routing=Even the level of a shard that others serve is an estimate, and may be in debt.
        var (records, bytes) = level ?? new ShardLevel(limits.RecordCapacity, Math.Max(limits.StartBytes, tokens.Level.Bytes));
        tokens.Level = (Math.Min(limits.RecordCapacity, records), Math.Min(limits.ByteCapacity, bytes));
        (engine.Watch as EngineWatch)?.NoteDebt();
    }
}

/// <summary>How full a shard's bucket is: a clean hand-over passes it on.</summary>
/// <param name="Bytes">The tokens for bytes; below zero after a record larger than the bucket.</param>
internal readonly record struct ShardLevel(double Records, double Bytes)
{
    /// <summary>The level after a process that was lost: nobody knows what it still sent.</summary>
    public static ShardLevel Empty { get; } = new(0, 0);
}
