using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Reads the raw body as one record, with its keys in headers.</summary>
internal static class RawRecord
{
    public const string PartitionKeyHeader = "X-Partition-Key";

    public const string ExplicitHashKeyHeader = "X-Explicit-Hash-Key";

    /// <summary>Whether the body is one record as it is, whatever its type says: then it need not even be what the type says.</summary>
    public static bool IsMeant(IHeaderDictionary headers) => headers.ContainsKey(PartitionKeyHeader);

    /// <exception cref="RequestRefusedException">There is no <c>X-Partition-Key</c>.</exception>
    public static void Read(IHeaderDictionary headers, ReadOnlyMemory<byte> body, RecordBuffer records)
    {
        var keys = headers[PartitionKeyHeader];
        if (keys.Count == 0)
        {
            throw RequestRefusedException.WrongType(
                $"send {ContentType.Json}, {ContentType.Lines}, or any body with {PartitionKeyHeader}");
        }

        var hashKeys = headers[ExplicitHashKeyHeader];
        if (keys.Count > 1 || hashKeys.Count > 1)
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"{PartitionKeyHeader} and {ExplicitHashKeyHeader} must stand once");
        if (hashKeys.Count == 0)
            records.Add(new UserRecord(keys[0]!, body));
        else if (ExplicitHashKey.TryParse(hashKeys[0]!, out var hashKey, out var error))
            records.Add(new UserRecord(keys[0]!, body, hashKey));
        else
            records.AddError(RecordErrorCodes.InvalidExplicitHashKey, error);
    }
}
