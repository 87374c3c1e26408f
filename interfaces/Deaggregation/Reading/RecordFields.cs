namespace Orleans.Kpl.Deaggregation;

/// <summary>The fields of one user record of an aggregate, as they are encoded there.</summary>
internal readonly record struct RecordFields(ulong PartitionKeyIndex, ulong? HashKeyIndex, (int Start, int Length) Data, ProducerNumber? Number)
{
    /// <summary>Reads a record. Returns an error text, or null on success. Of a field that occurs twice the last one counts.</summary>
    public static string? TryRead(ReadOnlySpan<byte> source, int start, int end, out RecordFields record)
    {
        ulong? partitionKey = null;
        ulong? hashKey = null;
        (int, int)? data = null;
        ProducerNumber? number = null;
        record = default;
        var fields = new WireReader(source, start, end);
        while (!fields.IsAtEnd)
        {
            if (!fields.TryReadField())
                return "is cut short or malformed";
            switch (fields.Tag)
            {
                case AggregateFormat.PartitionKeyIndexTag:
                    partitionKey = fields.Number;
                    break;
                case AggregateFormat.HashKeyIndexTag:
                    hashKey = fields.Number;
                    break;
                case AggregateFormat.DataTag:
                    data = (fields.ValueStart, fields.Position - fields.ValueStart);
                    break;
                case AggregateFormat.TagsTag:
                    number = ProducerNumber.Read(source, fields.ValueStart, fields.Position) ?? number;
                    break;
            }
        }
        if (partitionKey is null)
            return "has no partition_key_index";
        if (data is null)
            return "has no data";
        record = new RecordFields(partitionKey.Value, hashKey, data.Value, number);
        return null;
    }
}
