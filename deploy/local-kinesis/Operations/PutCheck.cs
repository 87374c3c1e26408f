using System.Text;
using System.Text.Unicode;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The rules that a put must keep as a whole: one record that breaks them fails the request and nothing is applied.</summary>
internal static class PutCheck
{
    private const int LongestKey = 256;

    /// <summary>Checks entries against the service's model and fills in their hash keys.</summary>
    public static void Entries(Span<PutEntry> entries, bool single)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            ref var entry = ref entries[i];
            if (!entry.HasData || !entry.HasKey || entry.Key.IsEmpty || !KeyFits(entry.Key.Span)
                || entry.Data.Length > SizeLimits.Today.MaxRecordBytes)
                Fail(entry, single ? "" : $"records.{i + 1}.member.");
            if ((entry.Marks & RecordMarks.ExplicitHashKey) == 0) entry.Hash = HashKeys.OfPartitionKey(entry.Key.Span);
        }
    }

    /// <summary>Checks sizes against the stream's limit for a record and the endpoint's for a request.</summary>
    public static void Sizes(ReadOnlySpan<PutEntry> entries, KinesisStream stream)
    {
        var most = stream.MaxRecordBytes;
        var request = stream.Settings.Options.Sizes.MaxRequestBytes;
        var total = 0L;
        foreach (ref readonly var entry in entries)
        {
            if (entry.ChargedBytes > most)
                throw KinesisErrors.InvalidArgument(
                    $"Record size of {entry.ChargedBytes} bytes, data and partition key, " +
                    $"exceeds the maximum record size of {most / 1024} KiB of stream {stream.Name} under account {KinesisErrors.Account}.");
            total += entry.ChargedBytes;
        }
        if (total > request) throw KinesisErrors.InvalidArgument($"Records size exceeds {request >> 20} MB limit");
    }

    /// <summary>256 characters, whatever their length in UTF-8 (up to 1,024 bytes); bytes that are no UTF-8 at all are refused.</summary>
    private static bool KeyFits(ReadOnlySpan<byte> key)
    {
        if (!Utf8.IsValid(key)) throw KinesisErrors.Serialization();
        return key.Length <= LongestKey || Characters(key) <= LongestKey;
    }

    private static int Characters(ReadOnlySpan<byte> key)
    {
        var count = 0;
        foreach (var value in key)
            if ((value & 0xC0) != 0x80) count++;
        return count;
    }

    private static void Fail(in PutEntry entry, string prefix)
    {
        var constraints = new Constraints();
        constraints.Required($"{prefix}data", entry.HasData);
        constraints.Required($"{prefix}partitionKey", entry.HasKey);
        var key = Encoding.UTF8.GetString(entry.Key.Span);
        if (entry is { HasKey: true, Key.IsEmpty: true })
            constraints.Fail("", $"{prefix}partitionKey", "Member must have length greater than or equal to 1");
        if (Characters(entry.Key.Span) > LongestKey)
            constraints.Fail(key, $"{prefix}partitionKey", $"Member must have length less than or equal to {LongestKey}");
        if (entry.Data.Length > SizeLimits.Today.MaxRecordBytes)
            constraints.Fail($"java.nio.HeapByteBuffer[pos=0 lim={entry.Data.Length} cap={entry.Data.Length}]", $"{prefix}data",
                $"Member must have length less than or equal to {SizeLimits.Today.MaxRecordBytes}");
        constraints.ThrowIfAny();
    }
}
