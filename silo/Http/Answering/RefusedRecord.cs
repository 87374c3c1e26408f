namespace Orleans.Kpl.Http.Answering;

/// <summary>Distinguishes errors of the caller from later failures.</summary>
internal static class RefusedRecord
{
    /// <summary>True for the codes of records that no Kinesis stream could ever accept.</summary>
    public static bool IsCode(string? code) => code is RecordErrorCodes.InvalidPartitionKey
        or RecordErrorCodes.InvalidExplicitHashKey
        or RecordErrorCodes.RecordTooLarge
        or RecordErrorCodes.InvalidStream
        or RecordErrorCodes.NotSupported
        or HttpErrorCodes.MissingPayload
        or HttpErrorCodes.MalformedJson;
}
