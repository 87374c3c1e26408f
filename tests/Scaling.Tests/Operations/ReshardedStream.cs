using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Tests.Operations;

/// <summary>A stream that is resharded by an operation, and whoever runs it, who may die at any time and be followed by another.</summary>
internal sealed class ReshardedStream(IEnumerable<ShardRange> shards)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    private readonly HashSet<UInt128> _announced = [];
    private DateTimeOffset _now = Start;
    private DateTimeOffset _activeAt = Start;
    private OperationStep? _running;
    private int _next = 1_000;

    public List<ShardRange> Open { get; } = [.. shards];

    /// <summary>With it whoever runs the operation dies now and then.</summary>
    public Random? Random { get; init; }

    public int Calls { get; private set; }

    public int Accepted { get; private set; }

    public int Cuts { get; private set; }

    public int AnnouncedBeforeTheirCall { get; private set; }

    public StreamSnapshot Seen => new(new StreamSummary("arn", _running is null ? "ACTIVE" : "UPDATING", Start, 1_024, OnDemand: false), [.. Open]);

    /// <summary>The stream, were its summary another one.</summary>
    public StreamSnapshot SeenAs(Func<StreamSummary, StreamSummary> change) => Seen with { Summary = change(Seen.Summary) };

    public ReshardOperation Begin(int target, ReshardMethod method = ReshardMethod.Plan) =>
        ReshardOperation.Begin("op", "s", Start, ReshardPlanner.ToCount(Topologies.Context([.. Open]), target, method), "because", Start) with { Shards = Open.Count };

    public ReshardOperation Run(ReshardOperation operation)
    {
        for (var turns = 0; turns < 10_000; turns++)
        {
            if (_running is not null && _now >= _activeAt)
                Do(_running);
            var turn = OperationRules.Next(operation, Seen, _now);
            // The row is written before anything is done.
            operation = ReshardOperation.FromJson(turn.Operation.ToJson());
            if (turn.Action is OperationAction.End)
                return operation;
            var after = Random is null || Random.Next(3) > 0 ? Act(operation, turn.Action, Random?.Next(3) == 0) : null;
            operation = after is null ? OperationRules.TakenOver(operation, _now) : ReshardOperation.FromJson(after.ToJson());
            _now += TimeSpan.FromSeconds(1);
        }

        throw new Xunit.Sdk.XunitException("It never ended: " + string.Join("\n", operation.History.Select(h => h.Text)));
    }

    /// <summary>Does the action; null where whoever did it died before the answer was kept.</summary>
    private ReshardOperation? Act(ReshardOperation operation, OperationAction action, bool diesAfter)
    {
        switch (action)
        {
            case OperationAction.Announce announce:
                _announced.UnionWith(announce.Boundaries);
                return diesAfter ? null : OperationRules.Announced(operation, null, _now);
            case OperationAction.Look look:
                _now = look.At;
                return operation;
            default:
                var code = Call(operation.Steps[operation.Step], action);
                return diesAfter ? null : OperationRules.Answered(operation, code, "", _now);
        }
    }

    private string? Call(OperationStep step, OperationAction action)
    {
        Calls++;
        if (_running is not null)
            return "ResourceInUseException";
        var ids = action switch
        {
            OperationAction.SplitShard split => [split.ShardId],
            OperationAction.MergeShards merge => [merge.ShardId, merge.AdjacentShardId],
            _ => (string[])[],
        };
        if (ids.Any(id => Open.All(s => s.ShardId != id)))
            return "ResourceNotFoundException";
        if (step.Kind == ReshardStepKind.Split)
        {
            Cuts++;
            AnnouncedBeforeTheirCall += _announced.Contains(step.At) ? 1 : 0;
        }

        Accepted++;
        _running = step;
        _activeAt = _now + TimeSpan.FromSeconds(30);
        return null;
    }

    /// <summary>The change becomes visible.</summary>
    public void Do(OperationStep step)
    {
        _running = null;
        (UInt128 Start, UInt128 End)[] made = step.Kind switch
        {
            ReshardStepKind.Split => [(step.Start, step.At - 1), (step.At, step.End)],
            ReshardStepKind.Merge => [(step.Start, step.End)],
            _ => [.. Topologies.Even(step.Count).Select(s => (s.StartingHashKey, s.EndingHashKey))],
        };
        Open.RemoveAll(s => s.StartingHashKey >= step.Start && s.EndingHashKey <= step.End);
        Open.AddRange(made.Select(m => new ShardRange(Topologies.Id(_next++), m.Start, m.End)));
        Open.Sort(ShardOrder.ByRange);
    }
}
