using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Orleans.Kpl.Deaggregation;

/// <summary>
/// Reads the user records of an aggregate one after the other, without copying them. Opening validates the whole message, so that reading
/// cannot fail afterwards. It skips unknown fields and all tags but producer numbers; tables may come in any order.
/// </summary>
internal sealed class AggregateReader
{
    /// <summary>The largest tables that are kept for the next aggregate.</summary>
    private const int MostKeptKeys = 16_384;

    private readonly List<(int Start, int Length)> _partitionKeys = [];
    private readonly List<(int Start, int Length)> _hashKeys = [];
    private ReadOnlyMemory<byte> _payload;
    private int _end;
    private bool _isLone;
    private int _position = AggregateFormat.MagicSize;

    /// <summary>The number of user records.</summary>
    public int Count { get; private set; }

    /// <summary>The user record that <see cref="MoveNext"/> moved to.</summary>
    public AggregateMember Current { get; private set; }

    /// <summary>Opens a payload; false, with the reason, when it is not a complete and valid aggregate.</summary>
    public static bool TryOpen(
        ReadOnlyMemory<byte> payload, [NotNullWhen(true)] out AggregateReader? reader, [NotNullWhen(false)] out string? reason)
    {
        reader = null;
        var opened = new AggregateReader();
        reason = Judge(payload.Span) ?? opened.OpenMessage(payload);
        reader = reason is null ? opened : null;
        return reason is null;
    }

    /// <summary>Opens the message of an aggregate whose trailer may not be written yet.</summary>
    /// <exception cref="InvalidOperationException">It cannot be read.</exception>
    public static AggregateReader OpenUnsealed(ReadOnlyMemory<byte> payload)
    {
        var reader = new AggregateReader();
        return reader.OpenMessage(payload) is { } reason ? throw new InvalidOperationException($"A closed aggregate cannot be read: {reason}.") : reader;
    }

    /// <summary>Returns a reader of one record that is in no aggregate.</summary>
    public static AggregateReader OfOne(in AggregateMember lone) => new() { Current = lone, Count = 1, _isLone = true };

    /// <summary>Opens another payload with the tables of this reader; false when it is not a complete and valid aggregate.</summary>
    public bool TryReopen(ReadOnlyMemory<byte> payload)
    {
        if (Judge(payload.Span) is not null)
            return false;
        _partitionKeys.Clear();
        _hashKeys.Clear();
        (Count, Current, _isLone, _position) = (0, default, false, AggregateFormat.MagicSize);
        return OpenMessage(payload) is null;
    }

    /// <summary>Lets go of the payload, and of tables that are larger than most.</summary>
    public void Forget()
    {
        (_payload, Current, Count) = (default, default, 0);
        Shrink(_partitionKeys);
        Shrink(_hashKeys);

        static void Shrink(List<(int Start, int Length)> table)
        {
            table.Clear();
            if (table.Capacity > MostKeptKeys)
                table.Capacity = 0;
        }
    }

    /// <summary>Whether the hash keys of all members belong to a shard. Reading begins anew afterwards.</summary>
    public bool AllLieIn(ShardHashKeys range)
    {
        var start = _position;
        var all = true;
        while (all && MoveNext())
            all = range.Contains(Current.ExplicitHashKey ?? RoutingHash.Of(Current.PartitionKey.Span));
        (_position, Current) = (start, default);
        return all;
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

    private string? OpenMessage(ReadOnlyMemory<byte> payload)
    {
        (_payload, _end) = (payload, payload.Length - AggregateFormat.TrailerSize);
        return ReadTables() ?? CheckRecords();
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
