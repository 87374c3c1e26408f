using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// Two neighbouring shards share a lock. Batches and single records are put to both while the engines are emptied, flushed, paused and looked at: each
/// record leaves its own shard's engine once, with its own bytes, and nothing stays behind.
/// </summary>
internal sealed class LockStripesScenario() : Scenario(
    "LockStripes", "LockStripes", "RecordRouter", "ShardEngine", "EngineServing", "EngineFlushing", "EngineCutting", "OpenAggregate")
{
    private const int Each = 3;

    public override void Run(Schedule schedule)
    {
        var world = new EngineWorld(schedule);
        var topology = new ShardTopology(world.NewEngine);
        topology.Apply(EngineWorld.Shards(0, 0, 1, 2), keepEngines: true, out var routes);
        var router = new RecordRouter(world.Settings, topology.Table, null!);
        var (neighbour, other, far) = (routes.Engines[0], routes.Engines[1], routes.Engines[2]);
        ScheduleFailedException.Unless(neighbour.Lock == other.Lock && other.Lock != far.Lock, "neighbours do not share their lock");
        var barrier = new FlushBarrier();
        var terms = EngineWorld.Terms(barrier.Enter(4 * Each));
        OutcomeSink[] sinks = [.. Enumerable.Range(0, 4).Select(_ => new SingleOutcome(terms))];
        PreparedBatch[] batches = [Batch(sinks[0], terms), Batch(sinks[1], terms)];
        List<KinesisRecord> taken = [];
        var looks = (First: schedule.Dice.Next(9), Second: schedule.Dice.Next(9));

        void Single(OutcomeSink sink)
        {
            for (var i = 0; i < Each; i++)
                router.Route(EngineWorld.Record(sink, i, StartOf(i)));
        }

        void Look(int which)
        {
            switch (which)
            {
                case 0: taken.AddRange(neighbour.TakeAll().Where(r => !neighbour.TryTakeBack(r))); break;
                case 1: other.FlushNow(); break;
                case 2: Pause(neighbour); break;
                case 3: _ = neighbour.HasRetries; break;
                case 4: neighbour.OnDue(TimeSpan.TicksPerSecond); break;
                case 5: ScheduleFailedException.Unless(other.WhileOpen(Watch), "an engine is not open"); break;
                case 6: taken.AddRange(other.TakeLarger(1_000)); break;
                case 7: taken.AddRange(neighbour.Cut(new Boundaries([StartOf(1) - 1]))); break;
                default: Inspect(); break;
            }
        }

        void Inspect()
        {
            var state = neighbour.Inspect();
            ScheduleFailedException.Unless((state.OpenBytes == 0) == (state.Deadline == long.MaxValue), $"{state}");
        }

        void Watch()
        {
            var before = other.Inspect();
            schedule.Step();
            ScheduleFailedException.Unless(other.Inspect() == before, "a record came while none could");
        }

        void Pause(ShardEngine engine)
        {
            engine.Pause();
            schedule.Step();
            engine.Resume();
        }

        schedule.Run(
            () => router.Route(batches[0]), () => router.Route(batches[1]), () => Single(sinks[2]), () => Single(sinks[3]),
            () => Look(looks.First), () => Look(looks.Second), () => Pause(neighbour));

        foreach (var engine in routes.Engines)
        {
            engine.FlushNow();
            ScheduleFailedException.Unless(engine.TakeAll().Count == 0, "an engine does not send all that it has");
        }

        var members = EngineWorld.MembersOf(world.Collected.Concat(taken)).ToList();
        ScheduleFailedException.Unless(members.Count == 4 * Each && members.Distinct().Count() == 4 * Each, $"{members.Count} of {4 * Each} records left");
        ScheduleFailedException.Unless(
            members.TrueForAll(m => m.Shard == topology.Current.Find(StartOf(m.Member.Index)).Range.ShardId), "a record left another shard's engine");
    }

    /// <summary>Records go to the shards in turn.</summary>
    private static UInt128 StartOf(int index) => (UInt128)(index % 3) << 121;

    private static PreparedBatch Batch(OutcomeSink sink, AcceptanceTerms terms)
    {
        var batch = new PreparedBatch();
        UserRecord[] records = [.. Enumerable.Range(0, Each).Select(static i => new UserRecord("key", EngineWorld.Data(i), StartOf(i)))];
        batch.Read(records, 0, 1_000, new BatchOutcome(Each), hashesKeys: false);
        batch.Sink = sink;
        return batch;
    }
}
