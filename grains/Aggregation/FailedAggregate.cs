using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Aggregation;

/// <summary>
/// The members of a Kinesis record that failed as a whole. Its buffer returns to the pool when every batch that holds results of it has been
/// disposed. Otherwise the garbage collector reclaims it.
/// </summary>
internal sealed class FailedAggregate(in EncodedRecord encoded) : FailedRecords
{
    private readonly EncodedRecord _encoded = encoded;
    private readonly Lock _lock = new();

    // One more than the results, until all of them have been handed out.
    private int _holders = encoded.Count + 1;

    // Results are mostly read in sequence.
    private AggregateReader? _reader;
    private int _next;

    public override UserRecord? Read(int index, out PackedNumber? number)
    {
        lock (_lock)
        {
            number = null;
            if (_holders == 0)
                return null;
            if (_reader is null || index < _next)
            {
                _reader = MemberReading.Open(_encoded);
                _next = 0;
            }

            while (_next <= index && _reader.MoveNext())
                _next++;
            var content = _reader.Current;
            if (_next == _encoded.Count)
                _reader = null;
            number = content.Number?.Packed;
            return content.ToUserRecord();
        }
    }

    public override void LetGo()
    {
        lock (_lock)
        {
            if (--_holders == 0)
                _encoded.Release();
        }
    }
}
