namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>One stream from its creation to its end. A stream made again under the same name is another one.</summary>
internal sealed class KinesisStream
{
    private readonly PriorityQueue<Action<long>, (long At, int Order)> _due = new();
    private int _order;
    private long _nextDue = long.MaxValue;
    private volatile ShardMap _map = new([]);
    private volatile Shard[] _shards = [];
    private volatile int _maxRecordBytes = SizeLimits.DefaultRecordBytes;

    public KinesisStream(string name, long createdAtTicks, StoreSettings settings)
    {
        (Name, CreatedAtTicks, Settings) = (name, createdAtTicks, settings);
        Arn = ArnOf(name);
        Resource = new(this, $"stream {name}");
        Consumers = new(this);
    }

    public string Name { get; }
    public string Arn { get; }
    public long CreatedAtTicks { get; }
    public StoreSettings Settings { get; }
    public Lock Lock { get; } = new();
    public StreamStatus Status { get; set; } = StreamStatus.Creating;
    public StreamMode Mode { get; set; }

    /// <summary>How many shards it starts with.</summary>
    public required int FirstShards { get; init; }
    public int RetentionHours { get; set; } = 24;
    public int WarmThroughputMiBps { get; set; }
    public KinesisResource Resource { get; }
    public ConsumerRegistry Consumers { get; }

    /// <summary>The key that the service would encrypt records with, or null. Nothing is encrypted here.</summary>
    public string? KmsKeyId { get; set; }

    /// <summary>The shard-level metrics that are switched on; immutable. Nobody collects them here.</summary>
    public IReadOnlyList<string> ShardLevelMetrics { get; set; } = [];

    /// <summary>The stream's MaxRecordSizeInKiB, in bytes; data and key together.</summary>
    public int MaxRecordBytes { get => _maxRecordBytes; set => _maxRecordBytes = value; }

    /// <summary>Every shard the stream ever had, by index.</summary>
    public IReadOnlyList<Shard> Shards => _shards;

    public ShardMap Map => _map;

    public static string ArnOf(string name) => $"arn:aws:kinesis:{KinesisErrors.Region}:{KinesisErrors.Account}:stream/{name}";

    /// <summary>Brings about what was due by now: a status, a cut-over.</summary>
    public void Settle(long nowTicks)
    {
        if (nowTicks < Volatile.Read(ref _nextDue)) return;
        lock (Lock)
        {
            while (_due.TryPeek(out var change, out var due) && due.At <= nowTicks)
            {
                _due.Dequeue();
                change(due.At);
            }
            Volatile.Write(ref _nextDue, _due.TryPeek(out _, out var next) ? next.At : long.MaxValue);
        }
    }

    /// <summary>When the next scheduled change is due, or <see cref="long.MaxValue"/>.</summary>
    public long NextDueTicks => Volatile.Read(ref _nextDue);

    /// <summary>Lets a change happen at an instant, in order with the others.</summary>
    public void Schedule(long atTicks, Action<long> change)
    {
        lock (Lock)
        {
            _due.Enqueue(change, (atTicks, _order++));
            if (atTicks >= _nextDue) return;
            Volatile.Write(ref _nextDue, atTicks);
        }
        // Nothing happens by itself: whoever follows a shard brings about what is due.
        foreach (var shard in _shards) shard.Tell();
    }

    /// <summary>Ends CREATING and UPDATING; a stream that is being deleted meanwhile stays so.</summary>
    public void BecomeActive()
    {
        if (Status is StreamStatus.Creating or StreamStatus.Updating) Status = StreamStatus.Active;
    }

    /// <summary>The map after any cut-over that is running.</summary>
    public ShardMap AwaitMap()
    {
        lock (Lock) return _map;
    }

    /// <summary>Brings about the cut-over that waited for a shard's records.</summary>
    public void CutOverNow(Shard shard, long nowTicks)
    {
        lock (Lock) shard.TakeCutOver()?.Invoke(nowTicks);
    }

    public Shard? FindShard(string shardId) =>
        shardId.StartsWith("shardId-", StringComparison.Ordinal) && int.TryParse(shardId.AsSpan(8), out var index)
        && (uint)index < (uint)_shards.Length ? _shards[index] : null;

    /// <summary>Closes shards and opens their successors in one instant: nobody sees neither or both.</summary>
    public void CutOver(long nowTicks, ReadOnlySpan<Shard> parents, ReadOnlySpan<HashKeyRange> ranges)
    {
        lock (Lock)
        {
            var first = _shards.Length;
            var shards = new Shard[first + ranges.Length];
            _shards.CopyTo(shards, 0);
            for (var i = 0; i < ranges.Length; i++)
                shards[first + i] = new(this, first + i, ranges[i], nowTicks,
                    parents.Length > 0 ? parents[0] : null, parents.Length > 1 ? parents[1] : null);
            // Children are there before a reader can find its parent closed; writers wait for the map.
            _shards = shards;
            foreach (var parent in parents) parent.Close(nowTicks);
            _map = new(shards.Where(shard => shard.IsOpen));
        }
    }
}
