using Orleans.Kpl.Pipeline.Road.Aggregating;

namespace Orleans.Kpl.Pipeline.Flushing;

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
                lock (engine.Gate)
                    return engine.Policy.HasRetries;
            }
        }

        /// <summary>Has the held records sent without waiting for their deadline, as soon as there are tokens.</summary>
        public void FlushNow()
        {
            lock (engine.Gate)
            {
                var now = engine.Now;
                engine.Policy.FlushNow(now);
                foreach (var open in engine.Aggregates.All)
                    open.MakeDue(now);
                engine.SendDueAndRearm(now);
            }
        }

        /// <summary>Takes a snapshot of the engine's state.</summary>
        public OpenState Inspect()
        {
            lock (engine.Gate)
            {
                var (bytes, oldest) = (0, engine.Policy.OldestAcceptedAt);
                foreach (var open in engine.Aggregates.All)
                {
                    bytes += open.IsEmpty ? 0 : open.Size;
                    oldest = Math.Min(oldest, open.OldestAcceptedAt);
                }

                return new OpenState(bytes, engine.Aggregates.First().Deadline, oldest);
            }
        }
    }
}

/// <summary>A snapshot of an engine: the bytes in its open aggregates, when the first of these is due, and when its oldest record was accepted.</summary>
internal readonly record struct OpenState(int OpenBytes, long Deadline, long OldestAcceptedAt);
