using System.Globalization;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Tests.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>Records of an ordered stream in a cluster, whose shards change again while older records are still with other processes.</summary>
public sealed class QueueSuccessionTests : IDisposable
{
    private readonly QueueOwners _owners = new();
    private readonly StreamParts _parts;

    public QueueSuccessionTests()
    {
        _parts = new StreamParts(static o => o.ForStream(PipelineHarness.Stream, static s => s.Ordered = OrderedMode.PutRecords), _owners);
        _owners.Router = (QueuedRouter)_parts.Router;
    }

    public void Dispose() => _parts.Dispose();

    /// <summary>
    /// The record of the first shard is back when two more maps are in force, and its next shard still waits for another parent. It must not go ahead
    /// to the shard of today: the records of the shard in between are newer, and would be there first after the next change.
    /// </summary>
    [Fact]
    public void WhatComesBackLate_PassesThroughTheShardsInBetween()
    {
        _parts.ShowShards(2);
        var parents = _owners.Last(2);
        parents.ForEach(static q => q.HasRecordsAway = true);
        _parts.Route(1);
        var first = parents.Single(static q => q.Numbers.Count == 1);
        _parts.ShowShards(1, firstId: 2);
        _parts.Route(2);
        _parts.ShowShards(1, firstId: 3);
        first.RecordsAreBack();
        _parts.ShowShards(1, firstId: 4);
        parents.Single(q => q != first).RecordsAreBack();

        Assert.Equal([1, 2], _owners.Last(1)[0].Numbers);
    }

    /// <summary>Where the map has a hole, records wait for the next one: also behind those that are still with the owner of the shard before.</summary>
    [Fact]
    public void WhatWaitsForAMap_StaysBehindWhatIsStillAtTheFormerOwner()
    {
        _parts.ShowShards(1);
        var former = _owners.Last(1)[0];
        former.HasRecordsAway = true;
        var inUpper = Enumerable.Range(1, 100).Where(static n => StreamParts.Record(n, default).HashKey > UInt128.MaxValue / 2).Take(2).ToArray();
        _parts.Route(inUpper[0]);
        Assert.False(_parts.Follower.MapLoaded([FakeKinesis.Even(2, 1)[0]]));
        _parts.Route(inUpper[1]);
        former.RecordsAreBack();
        _parts.ShowShards(1, firstId: 3);

        Assert.Equal(inUpper, _owners.Last(1)[0].Numbers);
    }

    private sealed class QueueOwners : ProbeOwners, IShardOwners
    {
        private readonly List<ListQueue> _queues = [];

        public QueuedRouter Router { get; set; } = null!;

        public IShardQueue NewQueue(ShardEngine engine)
        {
            _queues.Add(new ListQueue(this, engine));
            return _queues[^1];
        }

        /// <summary>The queues that were made last.</summary>
        public List<ListQueue> Last(int count) => _queues[^count..];
    }

    /// <summary>Keeps its records, unless the engine takes them. Its shard is served nowhere.</summary>
    private sealed class ListQueue(QueueOwners owners, ShardEngine engine) : IShardQueue
    {
        private readonly List<(int Number, MemberRef Member)> _back = [], _inherited = [], _waiting = [];
        private bool _isClosed;
        private bool _hasPassedOn;

        /// <summary>Whether the queue is not over when it is closed: another process has records of it.</summary>
        public bool HasRecordsAway { get; set; }

        public List<int> Numbers => [.. All.Select(static r => r.Number)];

        private List<(int Number, MemberRef Member)> All => [.. _back, .. _inherited, .. _waiting];

        public bool TryAdd(in ShardRecords records)
        {
            if (_isClosed)
                return false;
            if (All.Count > 0 || engine.Order!.Queue.IsAwaited || !records.TryAppendTo(engine))
            {
                for (var i = 0; i < records.Count; i++)
                    Keep(_waiting, records[i]);
            }

            return true;
        }

        public bool TryTakeBack(in IncomingRecord record) => Keep(_back, record);

        public bool TryInherit(in IncomingRecord record) => Keep(_inherited, record);

        public void Resume()
        {
        }

        public void Close()
        {
            _isClosed = true;
            if (!HasRecordsAway)
                engine.Order!.Queue.QueueIsOver();
        }

        /// <summary>Notes that the other process has given all records back, which stand in the queue all the time.</summary>
        public void RecordsAreBack() => engine.Order!.Queue.QueueIsOver();

        public void PassOn()
        {
            _hasPassedOn = true;
            foreach (var (number, member) in All)
                owners.Router.PassOn(engine, StreamParts.Record(number, member));
            _back.Clear();
            _inherited.Clear();
            _waiting.Clear();
        }

        private bool Keep(List<(int Number, MemberRef Member)> records, in IncomingRecord record)
        {
            if (!_hasPassedOn)
                records.Add((int.Parse(Encoding.UTF8.GetString(record.PartitionKey)[4..], CultureInfo.InvariantCulture), record.Member));
            return !_hasPassedOn;
        }
    }
}
