using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Threads.Scheduling;
using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// Two use a stream for the first time while the producer closes; it is made once, unless that throws, and whoever ends the streams knows of it. One that
/// nobody ends would read its shard map for ever.
/// </summary>
internal sealed class ProducerStreamsScenario() : Scenario("ProducerStreams", "ProducerStreams", "StreamSlot")
{
    public override bool Weakens(Site site) => base.Weakens(site) && site.Operation == Site.Lock;

    public override void Run(Schedule schedule)
    {
        List<IOpenStream> made = [], ended = [];
        var (tries, failing) = (0, schedule.Dice.Next(3));
        var streams = new ProducerStreams<OpenStream>(Make, static () => TimeProvider.System, static _ => false);

        OpenStream Make(string name)
        {
            schedule.Step();
            if (tries++ < failing)
                throw new NotSupportedException(name);
            var stream = new OpenStream(name);
            schedule.Step();
            made.Add(stream);
            return stream;
        }

        void Use()
        {
            try
            {
                var stream = streams.Get("events");
                ScheduleFailedException.Unless(made.Contains(stream), "a stream is used that was not made");
            }
            catch (Exception e) when (e is ObjectDisposedException or NotSupportedException)
            {
                schedule.Step();
            }
        }

        void Close()
        {
            streams.Close();
            ended.AddRange(streams.All);
        }

        schedule.Run(Use, Use, Close);
        ScheduleFailedException.Unless(made.Count <= 1, "a stream was made twice");
        ScheduleFailedException.Unless(made.TrueForAll(ended.Contains), "a stream was made that nobody ends");
    }

    private sealed class OpenStream(string name) : IOpenStream
    {
        public string Stream => name;

        public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) => default;

        public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) => default;

        public long OldestAcceptedAt() => long.MaxValue;

        public Task FlushAsync() => Task.CompletedTask;

        public void Relieve()
        {
        }

        public void RejectWaiters(string reason)
        {
        }
    }
}
