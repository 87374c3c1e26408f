using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Reads the raw body as one record, with its keys in headers.</summary>
internal static class RawRecord
{
    public const string PartitionKeyHeader = "X-Partition-Key";

    public const string ExplicitHashKeyHeader = "X-Explicit-Hash-Key";

    /// <summary>How the headers are written by mistake; each is looked for by itself, because going through all would allocate.</summary>
    private static readonly string[] MisspeltKeys = ["X-PartitionKey", "Partition-Key", "PartitionKey"];

    private static readonly string[] MisspeltHashKeys = ["X-Explicit-HashKey", "X-ExplicitHashKey", "X-ExplicitHash-Key", "Explicit-Hash-Key"];

    /// <summary>Whether the body is one record as it is, whatever its type says: then it need not even be what the type says.</summary>
    public static bool IsMeant(IHeaderDictionary headers) => headers.ContainsKey(PartitionKeyHeader);

    /// <summary>
    /// Checks a request whose body is read as its type says: a header that it has for one record, or misspells, would be passed over in silence.
    /// </summary>
    /// <exception cref="RequestRefusedException">It has such a header.</exception>
    public static void CheckUnused(IHeaderDictionary headers)
    {
        RefuseOneOf(headers, MisspeltKeys, PartitionKeyHeader);
        RefuseOneOf(headers, MisspeltHashKeys, ExplicitHashKeyHeader);
        if (headers.ContainsKey(ExplicitHashKeyHeader))
        {
            throw RequestRefusedException.BadRequest(
                HttpErrorCodes.BadRequest, $"{ExplicitHashKeyHeader} goes with {PartitionKeyHeader}; in this body it is the member explicit_hash_key");
        }
    }

    /// <summary>Reads the body as the one record of a batch; an explicit hash key that is none makes it an error there.</summary>
    /// <exception cref="RequestRefusedException">A header stands twice, or is misspelt.</exception>
    public static void Read(IHeaderDictionary headers, ReadOnlyMemory<byte> body, RecordBuffer records)
    {
        if (TryRead(headers, body, out var record, out var error))
            records.Add(record);
        else
            records.AddError(RecordErrorCodes.InvalidExplicitHashKey, error);
    }

    /// <summary>Reads the body as the one record of the request.</summary>
    /// <exception cref="RequestRefusedException">A header stands twice, or the explicit hash key is none.</exception>
    public static UserRecord ReadOne(IHeaderDictionary headers, ReadOnlyMemory<byte> body) => TryRead(headers, body, out var record, out var error)
        ? record
        : throw RequestRefusedException.BadRequest(RecordErrorCodes.InvalidExplicitHashKey, error);

    private static bool TryRead(IHeaderDictionary headers, ReadOnlyMemory<byte> body, out UserRecord record, [NotNullWhen(false)] out string? error)
    {
        var (keys, hashKeys) = (headers[PartitionKeyHeader], headers[ExplicitHashKeyHeader]);
        if (keys.Count > 1 || hashKeys.Count > 1)
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"{PartitionKeyHeader} and {ExplicitHashKeyHeader} must stand once");
        (record, error) = (new UserRecord(keys[0]!, body), null);
        if (hashKeys.Count == 0)
        {
            RefuseOneOf(headers, MisspeltHashKeys, ExplicitHashKeyHeader);
            return true;
        }

        if (!ExplicitHashKey.TryParse(hashKeys[0]!, out var hashKey, out error))
            return false;
        record = new UserRecord(keys[0]!, body, hashKey);
        return true;
    }

    private static void RefuseOneOf(IHeaderDictionary headers, string[] misspelt, string meant)
    {
        foreach (var name in misspelt)
        {
            if (headers.ContainsKey(name))
                throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"the header {name} is not known: did you mean {meant}?");
        }
    }
}
