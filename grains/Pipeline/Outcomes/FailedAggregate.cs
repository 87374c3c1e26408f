using System.Runtime.InteropServices;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>
/// The members of a Kinesis record that failed as a whole. Its buffer returns to the pool when every batch that holds results of it has been
/// disposed. Otherwise the garbage collector reclaims it.
/// </summary>
internal sealed class FailedAggregate(in EncodedRecord encoded) : FailedRecords
{
    private readonly EncodedRecord _encoded = encoded;
    private readonly Lock _lock = new();

    // One more than the results, until all of them have been handed out.
    private int _held = encoded.Count + 1;

    // Results are mostly read in sequence.
    private AggregateReader? _reader;
    private int _next;

    public override UserRecord? Read(int place)
    {
        lock (_lock)
        {
            if (_held == 0)
                return null;
            if (_reader is null || place < _next)
            {
                _reader = MemberReading.Open(_encoded);
                _next = 0;
            }

            while (_next <= place && _reader.MoveNext())
                _next++;
            var content = _reader.Current;
            if (_next == _encoded.Count)
                _reader = null;
            return content.ToUserRecord();
        }
    }

    public override void LetGo()
    {
        lock (_lock)
        {
            if (--_held == 0)
                _encoded.Release();
        }
    }
}

/// <summary>Gathers the members of a Kinesis record that fail while other members continue, and then completes them together.</summary>
/// <param name="completer">Completes them.</param>
/// <param name="shardId">The shard that was predicted for the Kinesis record.</param>
internal sealed class FailedMembers(RecordCompleter completer, string shardId)
{
    private readonly List<MemberRef> _members = [];
    private readonly List<FailureReason> _reasons = [];
    private AggregateBuilder? _contents;
    private long _charge;

    /// <summary>The reason that was given most recently.</summary>
    public FailureReason? LastReason => _reasons.Count == 0 ? null : _reasons[^1];

    public void Add(in AggregateMember content, MemberRef member, FailureReason reason)
    {
        _contents ??= new AggregateBuilder(new AggregationLimits(long.MaxValue, AggregationLimits.LargestMaxSize), alwaysWrap: true);
        if (!_contents.TryAdd(content.PartitionKey.Span, content.ExplicitHashKey ?? default, content.ExplicitHashKey.HasValue, content.Data.Span))
            throw new InvalidOperationException("members of one aggregate are too large for another one");
        _members.Add(member);
        _reasons.Add(reason);
        _charge += RecordValidator.Charge(content.PartitionKey.Length, content.ExplicitHashKey.HasValue, content.Data.Length);
    }

    public void End()
    {
        if (_contents is not null)
            completer.Fail(_contents.Close(), CollectionsMarshal.AsSpan(_members), _charge, (place, _) => _reasons[place], shardId: shardId);
    }
}
