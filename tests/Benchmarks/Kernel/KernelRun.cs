using System.Text;
using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Benchmarks.Kernel;

/// <summary>One thread's whole work on a record before it is sent: key to UTF-8, hash, shard, aggregate, close, trailer.</summary>
internal sealed class KernelRun
{
    // Aggregates that go out in one PutRecords call get their trailers together.
    private const int SealTogether = 64;
    private static readonly AggregationLimits Limits = new(uint.MaxValue, 51_200);

    private readonly Md5Path _path;
    private readonly KernelLoad _load;
    private readonly ShardMap _shards;
    private readonly AggregateBuilder[] _builders;
    private readonly EncodedRecord[] _closed = new EncodedRecord[SealTogether];
    private readonly byte[] _keys = new byte[KernelLoad.BatchSize * 3 * 256];
    private readonly int[] _ends = new int[KernelLoad.BatchSize];
    private readonly UInt128[] _hashes = new UInt128[KernelLoad.BatchSize];
    private readonly int[] _indexes = new int[KernelLoad.BatchSize];
    private int _closedCount;

    public KernelRun(Md5Path path, KernelLoad load, int shards)
    {
        _path = path;
        _load = load;
        _shards = EvenShards(shards);
        _builders = new AggregateBuilder[shards];
        for (var i = 0; i < shards; i++)
            _builders[i] = new AggregateBuilder(Limits);
    }

    /// <summary>User records in sealed Kinesis records.</summary>
    public long Sealed { get; private set; }

    /// <summary>Called with each sealed record before its buffer goes back, when what was made is to be checked.</summary>
    public Action<ShardRange, EncodedRecord>? OnSealed { get; init; }

    /// <summary>Puts one batch through.</summary>
    public void Add(int batch)
    {
        var keys = _load.Keys(batch);
        var end = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            end += Encoding.UTF8.GetBytes(keys[i], _keys.AsSpan(end));
            _ends[i] = end;
        }
        Md5Lanes.HashKeys(_path, _keys.AsSpan(0, end), _ends, _hashes);
        _shards.Find(_hashes, _indexes);

        var start = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            Add(_builders[_indexes[i]], _keys.AsSpan(start, _ends[i] - start), _hashes[i], _load.Data(i));
            start = _ends[i];
        }
    }

    /// <summary>Closes and seals all that is open.</summary>
    public void Flush()
    {
        foreach (var builder in _builders)
        {
            if (!builder.IsEmpty)
                Close(builder);
        }
        Seal();
    }

    private static ShardMap EvenShards(int count)
    {
        var shards = new List<ShardRange>(count);
        for (var i = 0; i < count; i++)
        {
            var start = UInt128.MaxValue / (uint)count * (uint)i;
            var end = i == count - 1 ? UInt128.MaxValue : UInt128.MaxValue / (uint)count * (uint)(i + 1) - 1;
            shards.Add(new ShardRange($"shardId-{i:D12}", start, end));
        }
        return new ShardMap(1, default, shards);
    }

    private void Add(AggregateBuilder builder, ReadOnlySpan<byte> key, UInt128 hash, ReadOnlySpan<byte> data)
    {
        if (builder.TryAdd(key, hash, hasExplicitHashKey: false, data))
            return;
        Close(builder);
        if (!builder.TryAdd(key, hash, hasExplicitHashKey: false, data))
            throw new InvalidOperationException("An empty aggregate refused a record.");
    }

    private void Close(AggregateBuilder builder)
    {
        _closed[_closedCount++] = builder.Close();
        if (_closedCount == SealTogether)
            Seal();
    }

    private void Seal()
    {
        var closed = _closed.AsSpan(0, _closedCount);
        AggregateSealer.Seal(_path, closed);
        foreach (ref readonly var record in closed)
        {
            Sealed += record.Count;
            OnSealed?.Invoke(_shards[_shards.Find(record.HashKey)], record);
            record.Release();
        }
        _closedCount = 0;
    }
}
