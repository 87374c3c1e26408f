using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>
/// Reads the user records of an aggregate one after the other, without copying them. Opening validates the whole message, so that reading
/// cannot fail afterwards. It skips unknown fields and all tags but producer numbers; tables may come in any order.
/// </summary>
internal sealed class AggregateReader
{
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly List<(int Start, int Length)> _partitionKeys = [];
    private readonly List<(int Start, int Length)> _hashKeys = [];
    private readonly int _end;
    private readonly bool _isLone;
    private int _position = AggregateFormat.MagicSize;

    private AggregateReader(ReadOnlyMemory<byte> payload)
    {
        _payload = payload;
        _end = payload.Length - AggregateFormat.TrailerSize;
    }

    private AggregateReader(AggregateMember lone)
    {
        Current = lone;
        Count = 1;
        _isLone = true;
    }

    /// <summary>The number of user records.</summary>
    public int Count { get; private set; }

    /// <summary>The user record that <see cref="MoveNext"/> moved to.</summary>
    public AggregateMember Current { get; private set; }

    /// <summary>Opens a payload; false, with the reason, when it is not a complete and valid aggregate.</summary>
    public static bool TryOpen(
        ReadOnlyMemory<byte> payload, [NotNullWhen(true)] out AggregateReader? reader, [NotNullWhen(false)] out string? reason)
    {
        reader = null;
        reason = Judge(payload.Span);
        return reason is null && TryOpenMessage(payload, out reader, out reason);
    }

    /// <summary>Opens a record that a builder closed, sealed or not, so that its members can be added again.</summary>
    public static AggregateReader Open(in EncodedRecord record)
    {
        if (!record.NeedsTrailer)
        {
            var hashKey = record.HasExplicitHashKey ? record.HashKey : (UInt128?)null;
            return new AggregateReader(new AggregateMember(record.PartitionKey, hashKey, record.Payload));
        }

        return TryOpenMessage(record.Payload, out var reader, out var reason)
            ? reader
            : throw new InvalidOperationException($"A closed aggregate cannot be read: {reason}.");
    }

    /// <summary>Moves to the next user record; false behind the last one.</summary>
    public bool MoveNext()
    {
        if (_isLone)
            return _position++ == AggregateFormat.MagicSize;

        var fields = new WireReader(_payload.Span, _position, _end);
        while (!fields.IsAtEnd && fields.TryReadField())
        {
            if (fields.Tag != AggregateFormat.RecordTag)
                continue;
            _position = fields.Position;
            RecordFields.TryRead(_payload.Span, fields.ValueStart, fields.Position, out var record);
            Current = new AggregateMember(
                Slice(_partitionKeys[(int)record.PartitionKeyIndex]),
                record.HashKeyIndex is { } index ? ParseHashKey((int)index) : null,
                Slice(record.Data),
                record.Number ?? Current.Number?.Next);
            return true;
        }
        _position = _end;
        return false;
    }

    private static string? Judge(ReadOnlySpan<byte> payload)
    {
        if (!payload.StartsWith(AggregateFormat.Magic))
            return "it does not start with the magic bytes of an aggregate";
        if (payload.Length < AggregateFormat.FrameSize)
            return $"{payload.Length} bytes cannot hold magic and trailer";

        Span<byte> digest = stackalloc byte[AggregateFormat.TrailerSize];
        MD5.HashData(payload[AggregateFormat.MagicSize..^AggregateFormat.TrailerSize], digest);
        return digest.SequenceEqual(payload[^AggregateFormat.TrailerSize..])
            ? null
            : "the MD5 of the message is not the one in the trailer";
    }

    private static bool TryOpenMessage(
        ReadOnlyMemory<byte> payload, [NotNullWhen(true)] out AggregateReader? reader, [NotNullWhen(false)] out string? reason)
    {
        var opened = new AggregateReader(payload);
        reason = opened.ReadTables() ?? opened.CheckRecords();
        reader = reason is null ? opened : null;
        return reason is null;
    }

    private string? ReadTables()
    {
        var fields = new WireReader(_payload.Span, _position, _end);
        while (!fields.IsAtEnd)
        {
            var start = fields.Position;
            if (!fields.TryReadField())
                return $"the field at byte {start} is cut short or malformed";
            var value = (fields.ValueStart, fields.Position - fields.ValueStart);
            switch (fields.Tag)
            {
                case AggregateFormat.PartitionKeyTag:
                    _partitionKeys.Add(value);
                    break;
                case AggregateFormat.HashKeyTag:
                    _hashKeys.Add(value);
                    break;
                case AggregateFormat.RecordTag:
                    Count++;
                    break;
            }
        }
        return null;
    }

    private string? CheckRecords()
    {
        var fields = new WireReader(_payload.Span, _position, _end);
        while (!fields.IsAtEnd)
        {
            var start = fields.Position;
            fields.TryReadField();
            if (fields.Tag != AggregateFormat.RecordTag)
                continue;
            if (RecordFields.TryRead(_payload.Span, fields.ValueStart, fields.Position, out var record) is { } reason)
                return $"the record at byte {start} {reason}";
            if (record.PartitionKeyIndex >= (ulong)_partitionKeys.Count)
                return $"the record at byte {start} names partition key {record.PartitionKeyIndex} of {_partitionKeys.Count}";
            if (record.HashKeyIndex >= (ulong)_hashKeys.Count)
                return $"the record at byte {start} names explicit hash key {record.HashKeyIndex} of {_hashKeys.Count}";
            if (record.HashKeyIndex is { } index && ParseHashKey((int)index) is null)
                return $"the record at byte {start} has an explicit hash key that is no number from 0 to 2^128 - 1";
        }
        return null;
    }

    private UInt128? ParseHashKey(int index) =>
        UInt128.TryParse(Slice(_hashKeys[index]).Span, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private ReadOnlyMemory<byte> Slice((int Start, int Length) at) => _payload.Slice(at.Start, at.Length);
}
