using System.Collections;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl;

/// <summary>The user records of one Kinesis record. <c>foreach</c> reads them without allocating.</summary>
public readonly struct DeaggregatedRecords : IEnumerable<DeaggregatedRecord>
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly string _partitionKey;
    private readonly ShardHashKeys? _range;
    private readonly Trailer _trailer;

    internal DeaggregatedRecords(ReadOnlyMemory<byte> data, string partitionKey, ShardHashKeys? range, Trailer trailer = Trailer.Unknown) =>
        (_data, _partitionKey, _range, _trailer) = (data, partitionKey, range, trailer);

    /// <summary>Begins to read.</summary>
    public Enumerator GetEnumerator() => new(_data, _partitionKey, _range, _trailer);

    IEnumerator<DeaggregatedRecord> IEnumerable<DeaggregatedRecord>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads one user record after the other.</summary>
    public struct Enumerator : IEnumerator<DeaggregatedRecord>
    {
        private readonly ReadOnlyMemory<byte> _data;
        private readonly string _partitionKey;
        private readonly ShardHashKeys? _range;
        private readonly Trailer _trailer;
        private AggregateReader? _reader;
        private State _state;

        internal Enumerator(ReadOnlyMemory<byte> data, string partitionKey, ShardHashKeys? range, Trailer trailer) =>
            (_data, _partitionKey, _range, _trailer) = (data, partitionKey, range, trailer);

        private enum State
        {
            Start = 0,
            Members,
            Plain,
            End,
        }

        /// <inheritdoc />
        public readonly DeaggregatedRecord Current => _state switch
        {
            State.Members => _reader!.CurrentRecord,
            State.Plain => new DeaggregatedRecord(_partitionKey, _data),
            _ => default,
        };

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc />
        public bool MoveNext()
        {
            if (_state == State.Start)
                return Open();
            if (_state == State.Members && _reader!.MoveNext())
                return true;
            Dispose();
            return false;
        }

        /// <summary>Begins anew.</summary>
        public void Reset()
        {
            Dispose();
            _state = State.Start;
        }

        /// <summary>Returns the tables of the aggregate for reuse.</summary>
        public void Dispose()
        {
            SpareReader.Return(ref _reader);
            _state = State.End;
        }

        private bool Open()
        {
            if (_trailer == Trailer.Wrong)
                return GivePlain();
            _reader = SpareReader.Take();
            if (!_reader.TryReopen(_data, isJudged: _trailer == Trailer.Right))
            {
                SpareReader.Return(ref _reader);
                return GivePlain();
            }

            _state = State.Members;
            if (_range is { } range && !_reader.AllLieIn(range))
            {
                Dispose();
                return false;
            }

            return MoveNext();
        }

        private bool GivePlain()
        {
            _state = State.Plain;
            return true;
        }
    }
}
