using System.Collections;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl;

/// <summary>The user records of many Kinesis records: one entry for each of these, in their order. <c>foreach</c> reads them without allocating.</summary>
public readonly struct DeaggregatedBatch : IEnumerable<DeaggregatedRecords>
{
    // Null where the batch was never set: it has none.
    private readonly IReadOnlyList<KinesisRecordData>? _records;
    private readonly ShardHashKeys? _range;

    internal DeaggregatedBatch(IReadOnlyList<KinesisRecordData> records, ShardHashKeys? range) => (_records, _range) = (records, range);

    /// <summary>Begins to read.</summary>
    public Enumerator GetEnumerator() => new(_records ?? [], _range);

    IEnumerator<DeaggregatedRecords> IEnumerable<DeaggregatedRecords>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads one Kinesis record after the other.</summary>
    public struct Enumerator : IEnumerator<DeaggregatedRecords>
    {
        private readonly IReadOnlyList<KinesisRecordData> _records;
        private readonly ShardHashKeys? _range;
        private int _next;

        // Which of the Kinesis records up to _known have a right trailer: the one at _known - 1 is the highest bit that counts.
        private ulong _right;
        private int _known;

        internal Enumerator(IReadOnlyList<KinesisRecordData> records, ShardHashKeys? range) => (_records, _range) = (records, range);

        /// <inheritdoc />
        public DeaggregatedRecords Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc />
        /// <exception cref="ArgumentNullException">The next Kinesis record has no partition key.</exception>
        public bool MoveNext()
        {
            if (_next >= _records.Count)
            {
                Current = default;
                return false;
            }

            if (_next == _known)
            {
                _known = Math.Min(_records.Count, _next + TrailerCheck.Together);
                _right = TrailerCheck.Right(_records, _next, _known - _next);
            }

            var record = _records[_next++];
            // One that was never set would come as a member of an aggregate, without data.
            ArgumentNullException.ThrowIfNull(record.PartitionKey);
            Current = new DeaggregatedRecords(record.Data, record.PartitionKey, _range, (_right & 1) != 0 ? Trailer.Right : Trailer.Wrong);
            _right >>= 1;
            return true;
        }

        /// <summary>Begins anew.</summary>
        public void Reset() => (_next, _known, Current) = (0, 0, default);

        /// <summary>Does nothing: this enumerator holds no resources.</summary>
        public readonly void Dispose()
        {
        }
    }
}
