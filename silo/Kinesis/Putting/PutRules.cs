using System.Globalization;
using System.Text;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Putting;

/// <summary>The rules that a put keeps as a whole: a request with one bad record is refused, and nothing of it is applied (Kinesis API, PutRecords).</summary>
internal static class PutRules
{
    /// <summary>Bytes of data and keys of one request.</summary>
    public const int MostRequestBytes = 10 << 20;

    /// <summary>Bytes of data and key of a record, of the streams that take the largest.</summary>
    public const int MostRecordBytes = 10 << 20;

    private const int LongestKey = 256;

    // The most bytes of a UTF-16 unit in UTF-8.
    private const int MostBytesOfUnit = 3;

    private const int LongestHashKey = 39;
    private const int LongestSequenceNumber = 129;

    /// <summary>Checks what Kinesis' model says of the members.</summary>
    /// <param name="isSingle">Whether it is one of PutRecord.</param>
    /// <exception cref="FrontException">It breaks a rule.</exception>
    public static void Check(PutCall call, bool isSingle)
    {
        var rules = new ModelRules();
        if (!isSingle)
        {
            rules.Required("records", call.Count is not null);
            if (call.Count is { } count)
                rules.Length("records", count == 0 ? "[]" : $"[{count} records]", count, 1, PutCall.MostRecords);
        }

        if (isSingle && call.SequenceNumberForOrdering is { } number)
            rules.Pattern("sequenceNumberForOrdering", number, ModelRules.IsNumber(number, LongestSequenceNumber), @"0|([1-9]\d{0,128})");
        rules.ThrowIfAny();
        // Names are made for what breaks a rule only: there are 500 entries in a request, and nearly always all are right.
        var entries = call.Entries;
        for (var i = 0; i < entries.Length; i++)
        {
            if (!IsRight(entries[i]))
                Check(ref rules, entries[i], isSingle ? "" : string.Create(CultureInfo.InvariantCulture, $"records.{i + 1}.member."));
        }

        rules.ThrowIfAny();
    }

    /// <summary>Makes the records, once the request has been checked.</summary>
    /// <param name="stream">The stream's name, for messages.</param>
    /// <param name="mostRecordBytes">Data and key of a record at most, as the stream takes them.</param>
    /// <exception cref="FrontException">A hash key lies outside of all shards, or a record or the request is too large.</exception>
    /// <returns>The records, in memory of the request.</returns>
    public static ReadOnlyMemory<UserRecord> ToRecords(PutCall call, string stream, long mostRecordBytes)
    {
        var memory = call.Records();
        var records = memory.Span;
        var entries = call.Entries;
        long total = 0;
        for (var i = 0; i < records.Length; i++)
        {
            ref readonly var entry = ref entries[i];
            var bytes = MostBytesOf(entry);
            if (bytes > mostRecordBytes && (bytes = BytesOf(entry)) > mostRecordBytes)
                throw FrontErrors.InvalidArgument(string.Create(CultureInfo.InvariantCulture,
                    $"Record size of {bytes} bytes, data and partition key, exceeds the maximum record size of {mostRecordBytes} bytes of stream {stream}."));
            total += bytes;
            records[i] = new UserRecord(entry.Key!, entry.Data!.Value, HashKeyOf(entry));
        }

        return total <= MostRequestBytes || BytesOf(entries) <= MostRequestBytes
            ? memory
            : throw FrontErrors.InvalidArgument("Records size exceeds 10 MB limit");
    }

    /// <summary>Whether no record of a request has more than so many bytes.</summary>
    public static bool AreWithin(ReadOnlySpan<PutEntry> entries, long bytes)
    {
        foreach (ref readonly var entry in entries)
        {
            if (MostBytesOf(entry) > bytes && BytesOf(entry) > bytes)
                return false;
        }

        return true;
    }

    /// <summary>The bytes that Kinesis charges for a record.</summary>
    public static long BytesOf(in PutEntry entry) => (long)Encoding.UTF8.GetByteCount(entry.Key!) + entry.Data!.Value.Length;

    /// <summary>At least as much, without a look at the key: nearly every record is far from its limit.</summary>
    private static long MostBytesOf(in PutEntry entry) => ((long)entry.Key!.Length * MostBytesOfUnit) + entry.Data!.Value.Length;

    private static long BytesOf(ReadOnlySpan<PutEntry> entries)
    {
        long total = 0;
        foreach (ref readonly var entry in entries)
            total += BytesOf(entry);
        return total;
    }

    private static bool IsRight(in PutEntry entry) =>
        entry is { Data.Length: <= MostRecordBytes, Key.Length: >= 1 and <= LongestKey }
        && (entry.HashKey is not { } hashKey || ModelRules.IsNumber(hashKey, LongestHashKey));

    private static void Check(ref ModelRules rules, in PutEntry entry, string prefix)
    {
        rules.Required(prefix + "data", entry.Data is not null);
        if (entry.Data is { Length: > MostRecordBytes } data)
            rules.Length(prefix + "data", string.Create(CultureInfo.InvariantCulture, $"{data.Length} bytes"), data.Length, 0, MostRecordBytes);
        rules.Required(prefix + "partitionKey", entry.Key is not null);
        if (entry.Key is { Length: 0 or > LongestKey } key)
            rules.Length(prefix + "partitionKey", key, key.Length, 1, LongestKey);
        if (entry.HashKey is { } hashKey && !ModelRules.IsNumber(hashKey, LongestHashKey))
            rules.Pattern(prefix + "explicitHashKey", hashKey, fits: false, @"0|([1-9]\d{0,38})");
    }

    private static UInt128? HashKeyOf(in PutEntry entry)
    {
        if (entry.HashKey is not { } digits)
            return null;
        return UInt128.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var hashKey)
            ? hashKey
            : throw FrontErrors.InvalidArgument(
                $"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {digits}");
    }
}
