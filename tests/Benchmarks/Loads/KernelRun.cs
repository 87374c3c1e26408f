using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>One thread's whole work on a record before it is sent: key to UTF-8, hash, shard, aggregate, close, trailer.</summary>
internal sealed class KernelRun
{
    // Aggregates that go out in one PutRecords call get their trailers together.
    private const int SealTogether = 64;
    private const int Batches = 96;
    private static readonly AggregationLimits Limits = new(uint.MaxValue, 51_200);

    private readonly Md5Path _path;
    private readonly RecordSet _records;
    private readonly ShardMap _shards;
    private readonly AggregateBuilder[] _builders;
    private readonly EncodedRecord[] _closed = new EncodedRecord[SealTogether];
    private readonly byte[] _keys = new byte[RecordSet.BatchSize * 3 * 256];
    private readonly int[] _ends = new int[RecordSet.BatchSize];
    private readonly UInt128[] _hashes = new UInt128[RecordSet.BatchSize];
    private readonly int[] _indexes = new int[RecordSet.BatchSize];
    private int _closedCount;

    public KernelRun(Md5Path path, RecordSet records, int shards)
    {
        _path = path;
        _records = records;
        _shards = BenchStream.MapOf(BenchStream.Of(shards));
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
        var records = _records.Batch(batch % Batches).Span;
        var end = 0;
        for (var i = 0; i < records.Length; i++)
        {
            end += Encoding.UTF8.GetBytes(records[i].PartitionKey, _keys.AsSpan(end));
            _ends[i] = end;
        }
        Md5Lanes.HashKeys(_path, _keys.AsSpan(0, end), _ends, _hashes);
        _shards.Find(_hashes, _indexes);

        // The data of any batch, which stays in the caches: what is measured is the work, not their making.
        var data = _records.Batch(0).Span;
        var start = 0;
        for (var i = 0; i < records.Length; i++)
        {
            Add(_builders[_indexes[i]], _keys.AsSpan(start, _ends[i] - start), _hashes[i], data[i].Data.Span);
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
