using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>
/// Packs records as they arrive. Records of one message share the options of their puts and, within a sixty-fourth of their time-to-live,
/// their age, so that no record lives noticeably longer than it may.
/// </summary>
internal sealed class MessageBuilder
{
    private const int AgeShare = 64;

    private readonly PackedRecordsWriter _writer = new();
    private readonly WaitingMember[] _members = new WaitingMember[ClientBatch.MaxRecords];
    private int _count;
    private bool _immediate;
    private bool _isAlone;
    private SinkRider? _rider;
    private long _ttl;
    private long _acceptedAt;
    private long _expiresAt = long.MaxValue;

    public bool IsEmpty => _count == 0;

    /// <summary>When the first record was accepted; <see cref="long.MaxValue"/> for none.</summary>
    public long AcceptedAt => IsEmpty ? long.MaxValue : _acceptedAt;

    /// <summary>When the message, as built so far, expires.</summary>
    public long ExpiresAt => _expiresAt;

    /// <summary>Whether records of those terms may join.</summary>
    public bool Takes(OutcomeSink sink)
    {
        var ttl = sink.ExpiresAt - sink.AcceptedAt;
        return IsEmpty || _immediate == sink.Immediate && _isAlone == sink.IsAlone && _rider == sink.Rider && _ttl == ttl
            && sink.AcceptedAt - _acceptedAt <= ttl / AgeShare;
    }

    /// <summary>Adds a record. False when the message is full or not for records of those terms: the caller must take the message first.</summary>
    public bool TryAdd(in IncomingRecord record)
    {
        if (_count == _members.Length ||
            !_writer.TryAdd(record.PartitionKey, record.Data, record.HasExplicitHashKey ? record.HashKey : null, record.HasExplicitHashKey))
            return false;
        var sink = record.Member.Sink;
        if (_count == 0)
        {
            (_immediate, _isAlone, _rider) = (sink.Immediate, sink.IsAlone, sink.Rider);
            (_ttl, _acceptedAt, _expiresAt) = (sink.ExpiresAt - sink.AcceptedAt, sink.AcceptedAt, sink.ExpiresAt);
        }

        _expiresAt = Math.Max(_expiresAt, sink.ExpiresAt);
        var charge = RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        _members[_count++] = new WaitingMember(sink, record.Member.Index, (int)charge);
        return true;
    }

    /// <summary>Returns the message built so far and empties the builder.</summary>
    public Message Take()
    {
        var message = new Message(_writer.ToArray(), _members.AsSpan(0, _count).ToArray(), _acceptedAt, _expiresAt);
        _members.AsSpan(0, _count).Clear();
        _writer.Reset();
        _count = 0;
        _expiresAt = long.MaxValue;
        return message;
    }
}
