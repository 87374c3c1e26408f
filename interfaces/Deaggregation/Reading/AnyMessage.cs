namespace Orleans.Kpl.Deaggregation;

/// <summary>
/// Reads messages of any producer, field by field: unknown fields and tags are skipped, tables may come in any order, and what is wrong is told.
/// </summary>
internal static class AnyMessage
{
    /// <summary>Reads the whole message. Returns an error text, or null on success.</summary>
    public static string? Read(ReadOnlySpan<byte> payload, int end, MemberTables tables) =>
        ReadTables(payload, end, tables) ?? ReadMembers(payload, end, tables);

    private static string? ReadTables(ReadOnlySpan<byte> payload, int end, MemberTables tables)
    {
        var fields = new WireReader(payload, AggregateFormat.MagicSize, end);
        while (!fields.IsAtEnd)
        {
            var start = fields.Position;
            if (!fields.TryReadField())
                return $"the field at byte {start} is cut short or malformed";
            if (fields.Tag == AggregateFormat.PartitionKeyTag)
                tables.AddPartitionKey(fields.ValueStart, fields.Position - fields.ValueStart);
            else if (fields.Tag == AggregateFormat.HashKeyTag)
                tables.AddHashKey(fields.ValueStart, fields.Position - fields.ValueStart);
        }

        return null;
    }

    private static string? ReadMembers(ReadOnlySpan<byte> payload, int end, MemberTables tables)
    {
        var fields = new WireReader(payload, AggregateFormat.MagicSize, end);
        while (!fields.IsAtEnd)
        {
            var start = fields.Position;
            fields.TryReadField();
            if (fields.Tag != AggregateFormat.RecordTag)
                continue;
            if (RecordFields.TryRead(payload, fields.ValueStart, fields.Position, out var record) is { } reason)
                return $"the record at byte {start} {reason}";
            if (!tables.TryAdd(payload, record))
                return $"the record at byte {start} {ReasonOf(record, tables)}";
        }

        return null;
    }

    private static string ReasonOf(in RecordFields record, MemberTables tables) =>
        record.PartitionKeyIndex >= (ulong)tables.PartitionKeys.Length
            ? $"names partition key {record.PartitionKeyIndex} of {tables.PartitionKeys.Length}"
            : record.HashKeyIndex >= (ulong)tables.HashKeys.Length
                ? $"names explicit hash key {record.HashKeyIndex} of {tables.HashKeys.Length}"
                : "has an explicit hash key that is no number from 0 to 2^128 - 1";
}
