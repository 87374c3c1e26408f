using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// Maps come into force, are forgotten and announced on three threads while others read: a reader sees one map with its own engines, versions rise, no
/// engine is lost or retired twice, and no announcement is lost.
/// </summary>
internal sealed class ShardTopologyScenario() : Scenario("ShardTopology", "ShardTopology", "RouteTable")
{
    private static readonly IReadOnlyList<ShardRange> Two = EngineWorld.Shards(0, 0, 64);
    private static readonly IReadOnlyList<ShardRange> Three = [.. Two.Take(1), .. EngineWorld.Shards(2, 64, 96)];
    private static readonly IReadOnlyList<ShardRange> Four = [.. EngineWorld.Shards(4, 0, 32, 64).Take(2), .. Three.Skip(1)];

    public override void Run(Schedule schedule)
    {
        var world = new EngineWorld(schedule);
        List<ShardEngine> made = [], retired = [];
        HashSet<long> versions = [];
        var (forgets, isOver, applied, lives) = (schedule.Dice.Next(3) == 0, false, 0, 0);
        var topology = new ShardTopology((range, kind) =>
        {
            var engine = world.NewEngine(range, kind);
            made.Add(engine);
            return engine;
        });

        void Apply(IReadOnlyList<ShardRange> shards)
        {
            Retire(topology.Apply(shards, keepEngines: true, out var routes));
            applied++;
            ScheduleFailedException.Unless(versions.Add(routes.Map.Version), "two maps have one version");
        }

        void Retire(IEnumerable<ShardEngine> engines)
        {
            foreach (var engine in engines)
            {
                ScheduleFailedException.Unless(!retired.Contains(engine), "an engine is retired twice");
                retired.Add(engine);
            }
        }

        void Announce(int start, int withdrawn)
        {
            topology.Announce([(UInt128)start << 121, (UInt128)withdrawn << 121], long.MaxValue);
            topology.Withdraw((at, _) => at == (UInt128)withdrawn << 121);
        }

        void Look()
        {
            var last = 0L;
            for (var i = 0; i < 3; i++)
            {
                var routes = topology.Current;
                for (var shard = 0; shard < routes.Map.Count; shard++)
                    ScheduleFailedException.Unless(routes.Engines[shard].Range == routes.Map[shard], "a map has the engines of another one");
                ScheduleFailedException.Unless(routes.Map.Count == 0 || routes.Map.Version >= last, "a reader goes back in time");
                last = Math.Max(last, routes.Map.Version);
                Ask(schedule.Dice.Next(8));
            }
        }

        void Ask(int what)
        {
            var id = Four[0].ShardId;
            switch (what)
            {
                case 0: IsThatOrNone(topology.RangeOf(id)); break;
                case 1: IsThatOrNone(topology.EngineOf(id)?.Range); break;
                case 2: isOver |= topology.IsOver(id); break;
                case 3: _ = topology.Before(Four[0], Two); break;
                case 4: _ = topology.Compare(Four); break;
                case 5: topology.RememberClosed(EngineWorld.Shards(9, 0)); break;
                case 6: _ = topology.IsExplained(id); break;
                default: _ = topology.PredictedFor(UserRecord.FromText("key", "text", UInt128.MaxValue)); break;
            }
        }

        void IsThatOrNone(ShardRange? range) => ScheduleFailedException.Unless(range is null || range == Four[0], "a shard has another range");

        void Forget()
        {
            topology.DistrustNumbers();
            lives++;
            if (forgets)
                Retire(topology.Forget());
            else
                topology.ForgetRanges();
        }

        schedule.Run(
            () => { Apply(Two); Apply(Three); },
            () => { Retire(topology.GoUnpredicted()); Apply(Three); Apply(Four); },
            () => Announce(8, 9), () => Announce(72, 9), Forget, Forget, Look, Look);

        ScheduleFailedException.Unless(topology.Life == lives, $"{topology.Life} lives instead of {lives}");
        ScheduleFailedException.Unless(topology.NumbersTell, "numbers are distrusted in a new life");
        var current = topology.Current.All.ToHashSet();
        ScheduleFailedException.Unless(
            made.Count == retired.Count + current.Count && !retired.Exists(current.Contains),
            $"{made.Count} engines, {retired.Count} retired, {current.Count} in force");
        ScheduleFailedException.Unless(forgets || topology.Boundaries.Count == 2, $"{topology.Boundaries.Count} boundaries instead of 2");
        ScheduleFailedException.Unless(!isOver || topology.EngineOf(Four[0].ShardId) is null, "a shard that was over is open");
        ScheduleFailedException.Unless(applied == versions.Count, "versions are lost");
    }
}
