using System.Numerics;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>A stream of the service: its shards of all times.</summary>
internal sealed class ServiceStream
{
    /// <summary>Bytes in front of a user record's data that hold its number.</summary>
    public const int NumberBytes = 8;

    private readonly World _world;
    private readonly bool _inWindows;
    private readonly IStreamContents _contents;
    private List<ServiceShard> _shards = [];
    private ServiceShard[] _open = [];
    private int _births;
    private int _nextShard;

    public ServiceStream(World world, int shards, bool inWindows, IStreamContents contents)
    {
        (_world, _inWindows, _contents) = (world, inWindows, contents);
        Open(Even(shards));
    }

    /// <summary>How long listings lag behind.</summary>
    public TimeSpan ListingLag { get; set; }

    /// <summary>Since when listings show what they showed then; null where they go on.</summary>
    public long? ListedAsOf { get; set; }

    /// <summary>How often the stream was created.</summary>
    public int Creations { get; private set; } = 1;

    /// <summary>Until when the stream does not exist.</summary>
    public long GoneUntil { get; private set; }

    /// <summary>Calls of UpdateShardCount that it had.</summary>
    public int Updates { get; set; }

    /// <summary>Whether the service changes its shards at the moment.</summary>
    public bool IsUpdating { get; set; }

    public bool IsGone => _world.Now < GoneUntil;

    /// <summary>The open shards, in the order of their hash keys.</summary>
    public IReadOnlyList<ServiceShard> OpenShards => _open;

    public IReadOnlyList<ShardRange> Shards => [.. _open.Select(static s => s.Range)];

    /// <summary>The shards that a listing shows.</summary>
    public IReadOnlyList<ShardRange> Listed(bool isOpen)
    {
        var asOf = ListedAsOf ?? _world.Now - ListingLag.Ticks;
        var shown = _shards.Where(s => s.Born <= asOf && (s.ClosedAt is null || s.ClosedAt > asOf) == isOpen).Select(static s => s.Range);
        return [.. shown];
    }

    /// <summary>The shard that takes a hash key now.</summary>
    public ServiceShard ShardOf(UInt128 hashKey)
    {
        var (low, high) = (0, _open.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_open[middle].Range.StartingHashKey <= hashKey)
                low = middle;
            else
                high = middle - 1;
        }

        return _open[low].Range.Contains(hashKey) ? _open[low] : throw new InvalidOperationException($"no shard takes {hashKey}");
    }

    /// <summary>Stores an entry.</summary>
    public StoredRecord Store(ServiceShard shard, SentEntry entry, string writer) => _contents.Store(shard, entry, writer);

    /// <summary>Replaces the open shards by others.</summary>
    public void Reshard(IReadOnlyList<(UInt128 First, UInt128 Last)> ranges)
    {
        var former = _open.Select(static s => (s.Range.StartingHashKey, s.Range.EndingHashKey)).ToHashSet();
        var next = ranges.ToHashSet();
        foreach (var shard in _open.Where(s => !next.Contains((s.Range.StartingHashKey, s.Range.EndingHashKey))))
            shard.ClosedAt = _world.Now;
        Open([.. ranges.Where(r => !former.Contains((r.First, r.Last)))]);
    }

    /// <summary>Deletes the stream, with all it holds, and creates it again some time later.</summary>
    public void CreateAgain(int shards, TimeSpan after)
    {
        GoneUntil = _world.Now + after.Ticks;
        Creations++;
        _contents.NoteCreation();
        _shards = [];
        _nextShard = 0;
        Open(Even(shards));
    }

    /// <summary>So many ranges of one size.</summary>
    public static List<(UInt128 First, UInt128 Last)> Even(int count)
    {
        var width = UInt128.MaxValue / (UInt128)count;
        return [.. Enumerable.Range(0, count).Select(i => (
            width * (UInt128)i + (i == 0 ? UInt128.Zero : UInt128.One), i == count - 1 ? UInt128.MaxValue : width * (UInt128)(i + 1)))];
    }

    /// <summary>AWS: 2^185, the second of creation from bit 148, the count of records from bit 80.</summary>
    private void Open(IReadOnlyList<(UInt128 First, UInt128 Last)> ranges)
    {
        var first = (BigInteger.One << 185) + ((BigInteger)(1_400_000_000 + ++_births) << 148);
        foreach (var (low, high) in ranges)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"shardId-{_nextShard++:D12}");
            var range = new ShardRange(id, low, high, first.ToString(CultureInfo.InvariantCulture));
            _shards.Add(new ServiceShard(range, first, _inWindows, _world.Now));
        }

        _open = [.. _shards.Where(static s => s.ClosedAt is null).OrderBy(static s => s.Range.StartingHashKey)];
    }
}
