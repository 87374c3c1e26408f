namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>What each byte of an aggregate is for, as far as it can be read.</summary>
internal sealed class AggregateLayout
{
    private readonly List<AggregateField> _fields = [];

    private AggregateLayout()
    {
    }

    /// <summary>The stretches in the order of their bytes; a user record is followed by its own fields.</summary>
    public IReadOnlyList<AggregateField> Fields => _fields;

    /// <summary>Why it is not a sound aggregate, or null.</summary>
    public string? Reason { get; private init; }

    public static AggregateLayout Of(ReadOnlyMemory<byte> payload)
    {
        AggregatedRecordCodec.TryDecode(payload, out _, out var reason);
        var layout = new AggregateLayout { Reason = reason };
        if (AggregatedRecordCodec.IsAggregate(payload.Span))
            layout.AddAll(payload.Span);
        return layout;
    }

    private void AddAll(ReadOnlySpan<byte> payload)
    {
        var end = payload.Length - AggregateFormat.TrailerSize;
        _fields.Add(new AggregateField(0, AggregateFormat.MagicSize, 0, "magic", 0, null));
        AddFields(payload, AggregateFormat.MagicSize, end, depth: 0);
        _fields.Add(new AggregateField(end, AggregateFormat.TrailerSize, 0, "md5", end, null));
    }

    private void AddFields(ReadOnlySpan<byte> payload, int start, int end, int depth)
    {
        var reader = new WireReader(payload, start, end);
        while (!reader.IsAtEnd)
        {
            var offset = reader.Position;
            if (!reader.TryReadField())
            {
                _fields.Add(new AggregateField(offset, end - offset, depth, "unreadable", offset, null));
                return;
            }
            var isNumber = (reader.Tag & 7) == 0;
            _fields.Add(new AggregateField(
                offset, reader.Position - offset, depth, NameOf(reader.Tag, depth), reader.ValueStart, isNumber ? reader.Number : null));
            if (depth == 0 && reader.Tag == AggregateFormat.RecordTag)
                AddFields(payload, reader.ValueStart, reader.Position, depth: 1);
        }
    }

    private static string NameOf(ulong tag, int depth) => (depth, tag) switch
    {
        (0, AggregateFormat.PartitionKeyTag) => "partition_key_table",
        (0, AggregateFormat.HashKeyTag) => "explicit_hash_key_table",
        (0, AggregateFormat.RecordTag) => "record",
        (1, AggregateFormat.PartitionKeyIndexTag) => "partition_key_index",
        (1, AggregateFormat.HashKeyIndexTag) => "explicit_hash_key_index",
        (1, AggregateFormat.DataTag) => "data",
        (1, AggregateFormat.TagsTag) => "tags",
        _ => $"unknown field {tag >>> 3}",
    };
}
