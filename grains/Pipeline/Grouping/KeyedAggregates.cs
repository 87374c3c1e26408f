using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Grouping;

/// <summary>
/// The open aggregates of a shard where each has records of one partition key only. As many as <see cref="Most"/> are open. Guarded by its
/// engine's lock.
/// </summary>
internal sealed class KeyedAggregates : BoundedGroup
{
    /// <summary>How many aggregates are open at most: each waits for company with a linger of its own, and takes memory.</summary>
    public const int Most = 64;

    private readonly Func<OpenAggregate> _newAggregate;
    private readonly OpenAggregate[] _open = new OpenAggregate[Most];
    private readonly Key[] _keys = new Key[Most];
    private int _count = 1;

    /// <param name="first">The aggregate of the first key: an empty one.</param>
    public KeyedAggregates(Boundaries boundaries, OpenAggregate first, Func<OpenAggregate> newAggregate)
        : base(boundaries) => (_open[0], _newAggregate) = (first, newAggregate);

    public override Span<OpenAggregate> All => _open.AsSpan(0, _count);

    public override OpenAggregate? For(in IncomingRecord record) =>
        For(record.PartitionKey, Boundaries.Count == 0 ? 0 : Boundaries.PartOf(record.HashKey));

    /// <summary>Returns the aggregate that records of a key join; null where all are those of other keys.</summary>
    /// <param name="part">The part of the shard where it belongs: an explicit hash key may put a key into several.</param>
    private OpenAggregate? For(ReadOnlySpan<byte> partitionKey, int part)
    {
        var hash = TextHash.Of(partitionKey);
        var free = -1;
        for (var index = 0; index < _count; index++)
        {
            if (_open[index].IsEmpty)
                free = index;
            else if (_keys[index].Hash == hash && _keys[index].Is(partitionKey, part))
                return _open[index];
        }

        if (free < 0)
        {
            if (_count == Most)
                return null;
            free = _count++;
            _open[free] = _newAggregate();
        }

        _keys[free].Set(partitionKey, hash, part);
        return _open[free];
    }

    private struct Key
    {
        private byte[]? _bytes;
        private int _length;
        private int _part;

        public ulong Hash { get; private set; }

        public readonly bool Is(ReadOnlySpan<byte> partitionKey, int part) => _part == part && partitionKey.SequenceEqual(_bytes.AsSpan(0, _length));

        public void Set(ReadOnlySpan<byte> partitionKey, ulong hash, int part)
        {
            if (_bytes is null || _bytes.Length < partitionKey.Length)
                _bytes = new byte[Math.Max(64, partitionKey.Length)];
            partitionKey.CopyTo(_bytes);
            (Hash, _length, _part) = (hash, partitionKey.Length, part);
        }
    }
}
