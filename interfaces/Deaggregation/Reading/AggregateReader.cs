using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Deaggregation;

/// <summary>
/// Reads the user records of an aggregate one after the other, without copying them. Opening validates the whole message, so that reading
/// cannot fail afterwards. It skips unknown fields and all tags but producer numbers; tables may come in any order.
/// </summary>
internal sealed class AggregateReader
{
    private readonly MemberTables _tables = new();
    private ReadOnlyMemory<byte> _payload;
    private AggregateMember _lone;
    private bool _isLone;
    private int _next;

    // The producer number of the current member. Members without a tag count on from it.
    private ProducerNumber? _number;

    /// <summary>The number of user records.</summary>
    public int Count { get; private set; }

    /// <summary>The user record that <see cref="MoveNext"/> moved to. Each call puts it together, because keeping it would cost more.</summary>
    /// <exception cref="IndexOutOfRangeException"><see cref="MoveNext"/> was not called.</exception>
    public AggregateMember Current
    {
        get
        {
            if (_isLone)
                return _lone;
            ref readonly var member = ref _tables.Members[_next - 1];
            return new AggregateMember(KeyOf(member), HashKeyOf(member), DataOf(member), _number);
        }
    }

    /// <summary>The user record that <see cref="MoveNext"/> moved to, as the public interface gives it.</summary>
    public DeaggregatedRecord CurrentRecord
    {
        get
        {
            ref readonly var member = ref _tables.Members[_next - 1];
            return new DeaggregatedRecord(KeyOf(member), HashKeyOf(member), DataOf(member), _next - 1, _number);
        }
    }

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
    public static AggregateReader OfOne(in AggregateMember lone) => new() { _lone = lone, Count = 1, _isLone = true };

    /// <summary>Opens another payload with the tables of this reader; false when it is not a complete and valid aggregate.</summary>
    /// <param name="isJudged">Whether magic, length and trailer are known to be right.</param>
    public bool TryReopen(ReadOnlyMemory<byte> payload, bool isJudged = false) =>
        (isJudged || Judge(payload.Span) is null) && OpenMessage(payload) is null;

    /// <summary>Lets go of the payload, and of tables that are larger than most.</summary>
    public void Forget()
    {
        (_payload, _lone, Count) = (default, default, 0);
        _tables.Shrink();
    }

    /// <summary>Whether the hash keys of all members belong to a shard.</summary>
    public bool AllLieIn(ShardHashKeys range) => RangeFilter.AllLieIn(range, _payload.Span, _tables);

    /// <summary>Moves to the next user record; false behind the last one.</summary>
    public bool MoveNext()
    {
        if (_next == Count)
            return false;
        var next = _next++;
        if (_tables.HasNumbers && !_isLone)
            _number = _tables.Number(_tables.Members[next]) ?? _number?.Next;
        return true;
    }

    private ReadOnlyMemory<byte> KeyOf(in MemberTables.MemberFields member)
    {
        ref readonly var key = ref _tables.PartitionKeys[member.PartitionKey];
        return _payload.Slice(key.Start, key.Length);
    }

    private UInt128? HashKeyOf(in MemberTables.MemberFields member) =>
        member.HashKey == MemberTables.None ? null : _tables.HashKeys[member.HashKey].Value;

    private ReadOnlyMemory<byte> DataOf(in MemberTables.MemberFields member) => _payload.Slice(member.DataStart, member.DataLength);

    private static string? Judge(ReadOnlySpan<byte> payload)
    {
        if (!payload.StartsWith(AggregateFormat.Magic))
            return "it does not start with the magic bytes of an aggregate";
        // Only a frame with a message is an aggregate, as in KCL.
        if (payload.Length <= AggregateFormat.FrameSize)
            return $"{payload.Length} bytes cannot hold magic, message and trailer";

        var digest = Md5Lanes.HashOne(payload[AggregateFormat.MagicSize..^AggregateFormat.TrailerSize]);
        return digest == BinaryPrimitives.ReadUInt128BigEndian(payload[^AggregateFormat.TrailerSize..])
            ? null
            : "the MD5 of the message is not the one in the trailer";
    }

    private string? OpenMessage(ReadOnlyMemory<byte> payload)
    {
        (_payload, _lone, Count, _isLone, _next, _number) = (payload, default, 0, false, 0, null);
        var end = payload.Length - AggregateFormat.TrailerSize;
        _tables.Clear();
        if (!PlainMessage.TryRead(payload.Span, end, _tables))
        {
            _tables.Clear();
            if (AnyMessage.Read(payload.Span, end, _tables) is { } reason)
                return reason;
        }

        Count = _tables.Members.Length;
        return null;
    }
}

/// <summary>One user record of an aggregate. Its parts are slices of the payload that it was read from.</summary>
/// <param name="PartitionKey">The partition key as UTF-8.</param>
/// <param name="ExplicitHashKey">The hash key that the caller gave, or null.</param>
/// <param name="Number">The producer number, on ordered streams.</param>
internal readonly record struct AggregateMember(
    ReadOnlyMemory<byte> PartitionKey, UInt128? ExplicitHashKey, ReadOnlyMemory<byte> Data, ProducerNumber? Number = null);

/// <summary>Keeps one reader a thread, so that its tables need not be made for each aggregate.</summary>
internal static class SpareReader
{
    [ThreadStatic]
    private static AggregateReader? _spare;

    public static AggregateReader Take()
    {
        var reader = _spare ?? new AggregateReader();
        _spare = null;
        return reader;
    }

    /// <summary>Takes a reader back, if there is one; its holder has none afterwards.</summary>
    public static void Return(ref AggregateReader? reader)
    {
        if (reader is null)
            return;
        reader.Forget();
        (_spare, reader) = (reader, null);
    }
}
