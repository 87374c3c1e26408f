namespace Orleans.Kpl.Http.Answering;

/// <summary>Tells what the caller did wrong from what went wrong later.</summary>
internal static class RefusedRecord
{
    /// <summary>True for the codes of records that no Kinesis stream could ever take.</summary>
    public static bool IsCode(string? code) => code is RecordErrorCodes.InvalidPartitionKey
        or RecordErrorCodes.InvalidExplicitHashKey
        or RecordErrorCodes.RecordTooLarge
        or RecordErrorCodes.InvalidStream
        or RecordErrorCodes.NotSupported
        or HttpErrorCodes.MissingPayload
        or HttpErrorCodes.MalformedJson;
}
