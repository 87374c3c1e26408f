using System.Text;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The rules that a put must keep as a whole: one record that breaks them fails the request and nothing is applied.</summary>
internal static class PutCheck
{
    private const int MostEntries = 500;
    private const int LongestKey = 256;

    /// <summary>Checks the records of a request against the service's model.</summary>
    public static PutEntry[] Entries(PutRequest request)
    {
        var records = request.Records;
        var constraints = new Constraints();
        constraints.Required("records", records is not null);
        if (records?.Count == 0) constraints.Fail("[]", "records", "Member must have length greater than or equal to 1");
        if (records?.Count > MostEntries)
            constraints.Fail($"[{records.Count} records]", "records", $"Member must have length less than or equal to {MostEntries}");
        constraints.ThrowIfAny();
        return [.. records!.Select((record, i) => Entry(record, request.IsSingle ? null : i + 1))];
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

    /// <param name="number">Of the record in PutRecords, from 1 on.</param>
    private static PutEntry Entry(GivenRecord record, int? number)
    {
        var (data, key, hashKey) = record;
        var constraints = new Constraints();
        constraints.HashKey(hashKey, "explicitHashKey");
        if (data is null) constraints.Required(Member("data"), present: false);
        if (key is null) constraints.Required(Member("partitionKey"), present: false);
        if (key?.Length == 0) constraints.Fail("", Member("partitionKey"), "Member must have length greater than or equal to 1");
        // Characters, whatever their length in UTF-8, which is up to 1,024 bytes.
        if (key?.Length > LongestKey && key.Count(unit => !char.IsLowSurrogate(unit)) > LongestKey)
            constraints.Fail(key, Member("partitionKey"), $"Member must have length less than or equal to {LongestKey}");
        if (data?.Length > SizeLimits.Today.MaxRecordBytes)
            constraints.Fail($"java.nio.HeapByteBuffer[pos=0 lim={data.Length} cap={data.Length}]", Member("data"),
                $"Member must have length less than or equal to {SizeLimits.Today.MaxRecordBytes}");
        constraints.ThrowIfAny();
        var bytes = Encoding.UTF8.GetBytes(key!);
        return hashKey is null
            ? new(bytes, data!, HashKeys.OfPartitionKey(bytes), RecordMarks.None)
            : new(bytes, data!, HashKeys.Parse(hashKey, "ExplicitHashKey"), RecordMarks.ExplicitHashKey);

        string Member(string name) => number is null ? name : $"records.{number}.member.{name}";
    }
}

/// <summary>A PutRecord or PutRecords call. All of its members are of their types before any is judged, as in the service.</summary>
internal sealed record PutRequest(
    bool IsSingle, string? StreamName, string? StreamArn, string? SequenceNumberForOrdering, IReadOnlyList<GivenRecord>? Records)
{
    public static PutRequest Read(OperationCall call, bool isSingle)
    {
        if (call.IsEmpty) throw KinesisErrors.Serialization();
        var fields = call.Fields;
        return new(
            isSingle, fields.String("StreamName"), fields.String("StreamARN"), fields.String("SequenceNumberForOrdering"),
            isSingle ? [GivenRecord.Of(fields)] : fields.Objects("Records")?.Select(GivenRecord.Of).ToList());
    }
}

/// <summary>One record as the request has it; what it lacks is null.</summary>
internal readonly record struct GivenRecord(byte[]? Data, string? Key, string? HashKey)
{
    public static GivenRecord Of(RequestFields fields) => new(fields.Blob("Data"), fields.String("PartitionKey"), fields.String("ExplicitHashKey"));
}
