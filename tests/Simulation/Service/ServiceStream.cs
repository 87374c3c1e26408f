using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>A stream of the service: its shards of all times, and what was put into them, in order.</summary>
internal sealed class ServiceStream
{
    private readonly World _world;
    private readonly bool _inWindows;
    private readonly Dictionary<long, List<Copy>> _copies = [];
    private readonly List<StoredRecord> _stored = [];
    private List<ServiceShard> _shards = [];
    private long _number;
    private long _order;
    private int _births;
    private int _nextShard;

    public ServiceStream(World world, int shards, bool inWindows)
    {
        (_world, _inWindows) = (world, inWindows);
        Open(Even(shards));
    }

    /// <summary>Bytes in front of a user record's data that hold its number.</summary>
    public const int NumberBytes = 8;

    /// <summary>Planted: consumers see the members of an aggregate in the opposite order.</summary>
    public bool Reverses { get; set; }

    /// <summary>How long listings lag behind.</summary>
    public TimeSpan ListingLag { get; set; }

    /// <summary>How often the stream was created.</summary>
    public int Creations { get; private set; } = 1;

    /// <summary>Until when the stream does not exist.</summary>
    public long GoneUntil { get; private set; }

    public bool IsGone => _world.Now < GoneUntil;

    /// <summary>All Kinesis records, in the order in which they were stored.</summary>
    public IReadOnlyList<StoredRecord> Stored => _stored;

    public IReadOnlyList<ShardRange> Shards => [.. _shards.Where(static s => s.ClosedAt is null).Select(static s => s.Range)];

    /// <summary>The shards that a listing shows.</summary>
    public IReadOnlyList<ShardRange> Listed(bool isOpen)
    {
        var asOf = _world.Now - ListingLag.Ticks;
        var shown = _shards.Where(s => s.Born <= asOf && (s.ClosedAt is null || s.ClosedAt > asOf) == isOpen).Select(static s => s.Range);
        return [.. shown];
    }

    /// <summary>The copies of a user record.</summary>
    public IReadOnlyList<Copy> CopiesOf(long number) => _copies.TryGetValue(number, out var copies) ? copies : [];

    /// <summary>The shard that takes a hash key now.</summary>
    public ServiceShard ShardOf(UInt128 hashKey)
    {
        foreach (var shard in _shards)
        {
            if (shard.ClosedAt is null && shard.Range.Contains(hashKey))
                return shard;
        }

        throw new InvalidOperationException($"no shard takes {hashKey}");
    }

    /// <summary>Stores an entry.</summary>
    public StoredRecord Store(ServiceShard shard, string partitionKey, UInt128 hashKey, ReadOnlySpan<byte> data, string writer)
    {
        var first = BigInteger.Parse(shard.Range.StartingSequenceNumber!, CultureInfo.InvariantCulture);
        var sequence = (first + ((BigInteger)(++_number) << 80)).ToString(CultureInfo.InvariantCulture);
        var stored = new StoredRecord(shard.Range.ShardId, sequence, writer, _world.Now);
        var members = ConsumedRecord.Read(partitionKey, hashKey, data);
        // KCL drops a whole aggregate at its first member outside the shard; a record that is no aggregate is always seen.
        var isVisible = members.Count == 1 && !IsAggregate(data) || members.TrueForAll(m => shard.Range.Contains(m.HashKey));
        var copies = new Copy[members.Count];
        for (var place = 0; place < members.Count; place++)
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(members[place].Data);
            copies[place] = new Copy(stored, place, number, _order + (Reverses ? members.Count - place : place), isVisible);
            if (!_copies.TryGetValue(number, out var known))
                _copies[number] = known = [];
            known.Add(copies[place]);
        }

        _order += members.Count + 1;
        stored.Members = copies;
        if (_world.IsTracing)
        {
            var numbers = string.Join(' ', copies.Select(static c => c.Number));
            _world.Say("kinesis", $"{stored.ShardId} stores {numbers} of {writer}{(isVisible ? "" : ", which no consumer sees")}");
        }

        _stored.Add(stored);
        return stored;
    }

    /// <summary>Replaces the open shards by others.</summary>
    public void Reshard(IReadOnlyList<(UInt128 First, UInt128 Last)> ranges)
    {
        var former = Shards.Select(static s => (s.StartingHashKey, s.EndingHashKey)).ToHashSet();
        foreach (var shard in _shards.Where(s => s.ClosedAt is null && !ranges.Contains((s.Range.StartingHashKey, s.Range.EndingHashKey))))
            shard.ClosedAt = _world.Now;
        Open([.. ranges.Where(r => !former.Contains((r.First, r.Last)))]);
    }

    /// <summary>Deletes the stream, with all it holds, and creates it again some time later.</summary>
    public void CreateAgain(int shards, TimeSpan after)
    {
        GoneUntil = _world.Now + after.Ticks;
        Creations++;
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

    private static bool IsAggregate(ReadOnlySpan<byte> data) => data.Length > 20 && data[..4].SequenceEqual<byte>([0xf3, 0x89, 0x9a, 0xc2]);

    /// <summary>AWS: 2^185, the second of creation from bit 148, the count of records from bit 80.</summary>
    private void Open(IReadOnlyList<(UInt128 First, UInt128 Last)> ranges)
    {
        var first = ((BigInteger.One << 185) + ((BigInteger)(1_400_000_000 + ++_births) << 148)).ToString(CultureInfo.InvariantCulture);
        foreach (var (low, high) in ranges)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"shardId-{_nextShard++:D12}");
            _shards.Add(new ServiceShard(new ShardRange(id, low, high, first), _inWindows, _world.Now));
        }
    }
}
