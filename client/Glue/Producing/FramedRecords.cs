namespace Orleans.Kpl.Glue.Producing;

/// <summary>A batch with headers.</summary>
/// <param name="Records">The records that fit the schema, in their order.</param>
/// <param name="Refused">The others, by their positions in the batch.</param>
internal readonly record struct FramedRecords(ReadOnlyMemory<UserRecord> Records, SortedList<int, RecordResult> Refused)
{
    public static long BytesOf(ReadOnlySpan<UserRecord> records)
    {
        var bytes = 0L;
        foreach (var record in records)
            bytes += record.Data.Length;
        return bytes;
    }

    public static FramedRecords Make(GlueSchemaRegistry registry, GlueSchema schema, Guid version, ReadOnlySpan<UserRecord> records)
    {
        var refused = new SortedList<int, RecordResult>();
        var framed = new UserRecord[records.Length];
        // One piece of memory for all of them, unless it would be longer than an array may be.
        var size = BytesOf(records) + (long)records.Length * GlueFrame.HeaderSize;
        var isShared = registry.Compression == GlueCompression.None && size <= Array.MaxLength;
        Memory<byte> free = isShared ? new byte[size] : default;
        var count = 0;
        for (var i = 0; i < records.Length; i++)
        {
            var (record, data) = (records[i], records[i].Data);
            if (!GlueSchemaRegistry.IsFramed(data, version))
            {
                if (registry.FindFault(schema, data) is { } fault)
                {
                    refused.Add(i, RecordResult.NotDelivered(RecordStatus.Failed, GlueErrorCodes.InvalidData, fault, record));
                    continue;
                }

                if (isShared)
                {
                    var place = free[..GlueFrame.SizeOf(data.Length)];
                    GlueFrame.Write(version, data.Span, place.Span);
                    (data, free) = (place, free[place.Length..]);
                }
                else
                {
                    data = GlueFrame.Write(version, data.Span, registry.Compression);
                }
            }

            framed[count++] = new UserRecord(record.PartitionKey, data, record.ExplicitHashKey);
        }

        return new FramedRecords(framed.AsMemory(0, count), refused);
    }
}
