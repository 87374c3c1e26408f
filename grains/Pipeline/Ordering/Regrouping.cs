using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Puts members of Kinesis records together again, for the engines that they belong to now, in the order they came. Members that have
/// expired or had all their attempts are kept apart.
/// </summary>
internal sealed class Regrouping(long now, int maxAttempts, Func<UInt128, ShardEngine> engineOf)
{
    private readonly Dictionary<ShardEngine, Group> _groups = [];
    private OpenAggregate? _ending;

    /// <summary>The members that have expired, or had all their attempts.</summary>
    public List<KinesisRecord> Ended { get; } = [];

    /// <summary>Reads the members of a Kinesis record, which still has to be released.</summary>
    public void Add(KinesisRecord record)
    {
        var reader = MemberReading.Open(record.Encoded);
        for (var index = 0; reader.MoveNext(); index++)
        {
            var content = reader.Current;
            var (member, attempts) = (record.Members[index], record.AttemptsOf(index));
            var incoming = content.AsRecord(member, attempts);
            if (member.Sink.ExpiresAt <= now || maxAttempts > 0 && attempts is not null && attempts.Counted >= maxAttempts)
                AddEnded(incoming, record.Engine);
            else if (member.Sink.IsAlone)
                GroupOf(engineOf(incoming.HashKey)).AddAlone(incoming, now);
            else
                GroupOf(engineOf(incoming.HashKey)).Add(incoming, now, member.Sink.GoesAloneAfter(attempts));
        }

        if (_ending is { IsEmpty: false })
            Ended.Add(_ending.Close(record.Engine));
    }

    /// <summary>Closes the new Kinesis records and returns those of each engine, in order.</summary>
    public IEnumerable<(ShardEngine Engine, List<KinesisRecord> Records)> Close() =>
        _groups.Select(static g => (g.Key, g.Value.Close()));

    private void AddEnded(in IncomingRecord incoming, ShardEngine engine)
    {
        _ending ??= new OpenAggregate(new AggregationLimits(long.MaxValue, AggregationLimits.LargestMaxSize), ContainerKey.A, alwaysWrap: true);
        if (_ending.TryAdd(incoming, now))
            return;
        Ended.Add(_ending.Close(engine));
        _ending.TryAdd(incoming, now);
    }

    private Group GroupOf(ShardEngine engine)
    {
        if (!_groups.TryGetValue(engine, out var group))
            _groups[engine] = group = new Group(engine);
        return group;
    }

    private sealed class Group
    {
        private readonly ShardEngine _engine;
        private readonly List<KinesisRecord> _closed = [];
        private readonly AggregateGroup? _group;
        private OpenAggregate _first;

        public Group(ShardEngine engine)
        {
            (_engine, _first) = (engine, engine.NewAggregate());
            _group = engine.NewGroup?.Invoke(_first, engine.NewAggregate);
        }

        private Span<OpenAggregate> Open => _group is null ? new(ref _first) : _group.All;

        public void Add(in IncomingRecord incoming, long deadline, bool goesAlone)
        {
            // Records that came before it stay before it.
            if (goesAlone)
                Open.CloseAll(_engine, _closed);
            var open = (_group as CutAggregates)?.For(incoming.HashKey) ?? _first;
            if (!open.TryAdd(incoming, deadline))
            {
                _closed.Add(open.Close(_engine));
                open.TryAdd(incoming, deadline);
            }

            if (goesAlone)
                _closed.Add(open.Close(_engine));
        }

        /// <summary>Adds a member that its caller wants in a Kinesis record of its own.</summary>
        public void AddAlone(in IncomingRecord incoming, long deadline)
        {
            Open.CloseAll(_engine, _closed);
            var alone = OpenAggregate.ForOne();
            alone.TryAdd(incoming, deadline);
            _closed.Add(alone.Close(_engine));
        }

        public List<KinesisRecord> Close()
        {
            Open.CloseAll(_engine, _closed);
            return _closed;
        }
    }
}
