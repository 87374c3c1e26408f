using System.Security.Cryptography;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>Writes the trailers of closed aggregates: the MD5 of the message between magic and trailer.</summary>
internal static class AggregateSealer
{
    public static void Seal(ReadOnlySpan<EncodedRecord> records)
    {
        foreach (ref readonly var record in records)
        {
            if (!record.NeedsTrailer)
                continue;
            var payload = record.Buffer.AsSpan(record.Offset, record.Length);
            MD5.HashData(payload[AggregateFormat.MagicSize..^AggregateFormat.TrailerSize], payload[^AggregateFormat.TrailerSize..]);
        }
    }
}
