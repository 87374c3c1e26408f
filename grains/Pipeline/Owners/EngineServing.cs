using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Owners;

/// <summary>
/// What becomes of an engine when its shard comes and goes. Embedded it is served by this process, until a reshard; in a cluster other processes serve it
/// too.
/// </summary>
internal static class EngineServing
{
    extension(ShardEngine engine)
    {
        /// <summary>Whether the shard is served, but not here, or not much longer.</summary>
        public bool IsElsewhere => engine.State is EngineState.Elsewhere or EngineState.Leaving;

        /// <summary>Runs an action under the lock, while no record is accepted and the shard stays open; false when it is not open.</summary>
        public bool WhileOpen(Action act)
        {
            lock (engine.Gate)
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
            lock (engine.Gate)
            {
                if (!engine.IsElsewhere)
                    return;
                engine.Enter(EngineState.Open);
                engine.Emptied = null;
                if (level is { } from)
                    engine.Tokens.StartFrom(from, engine.Now);
                opened?.Invoke(engine);
            }
        }

        /// <summary>Stops accepting records because another process is about to serve the shard. The held records are sent as tokens allow.</summary>
        /// <returns>Completes when nothing is held any more, or the records were released.</returns>
        public Task LeaveAsync()
        {
            lock (engine.Gate)
            {
                if (!engine.IsOpen)
                    return engine.Emptied?.Task ?? Task.CompletedTask;
                engine.Enter(EngineState.Leaving);
                var emptied = engine.Emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                engine.FlushNow();
                return emptied.Task;
            }
        }

        /// <summary>Completes the hand-over to the other process. Returns the records still held, and the level of the bucket.</summary>
        public (List<KinesisRecord> Held, ShardLevel Level) HandOver()
        {
            lock (engine.Gate)
                return (engine.State == EngineState.Leaving ? engine.Release(EngineState.Elsewhere) : [], engine.Tokens.LevelAt(engine.Now));
        }

        /// <summary>Called when other routes are about to replace those of this engine, before it is retired.</summary>
        public void SucceededBy(Routes former, Routes next) => engine.Succession?.SucceededBy(former, next);

        /// <summary>
        /// Releases the shard. The held records go to the engines of the routes in force; where order matters, once they can go in order.
        /// </summary>
        public void StepDown()
        {
            if (engine.Succession is { } succession)
                succession.StepDown();
            else
                engine.Services.Reroute(engine.Retire());
        }

        /// <summary>Releases the shard: nothing is accepted or sent any more. Returns all records that were held.</summary>
        public List<KinesisRecord> Retire()
        {
            if (engine.Succession is { } succession)
                return succession.Retire();
            lock (engine.Gate)
                return engine.Release(EngineState.Retired);
        }

        /// <summary>
        /// Removes the Kinesis records that are larger than the limit; on an ordered stream, those that cannot be made smaller. The engine
        /// continues.
        /// </summary>
        public List<KinesisRecord> TakeLarger(long bytes)
        {
            List<KinesisRecord> larger, ended = [];
            lock (engine.Gate)
            {
                engine.Reopen(engine.AsNow);
                larger = engine.Policy.TakeLarger(bytes, ended);
                engine.SendDueAndRearm(engine.Now);
            }

            engine.Services.Reroute(ended);
            return larger;
        }

        /// <summary>Ignores throttles of a new shard until it has settled: they say nothing about other writers.</summary>
        public void MaskThrottles()
        {
            lock (engine.Gate)
                engine.Tokens.MaskThrottles(engine.Now);
        }

        /// <summary>Returns how full the bucket is, by the scarcer of records and bytes, and what others seem to use; null where that is not watched.</summary>
        public (double Fill, double? ForeignShare) Bucket()
        {
            lock (engine.Gate)
                return (engine.Tokens.FillAt(engine.Now), engine.Tokens.ForeignShare(engine.Now));
        }
    }
}
