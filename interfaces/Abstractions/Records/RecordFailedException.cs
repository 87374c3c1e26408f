namespace Orleans.Kpl;

/// <summary>Thrown by <see cref="RecordResult.EnsureSuccess"/> only.</summary>
public sealed class RecordFailedException : Exception
{
    /// <summary>Creates the exception from the result.</summary>
    public RecordFailedException(RecordResult result)
        : base($"{(result.Status == RecordStatus.Unknown ? "what became of the record is unknown, Kinesis may have it" : "the record was not delivered")}: {result.ErrorCode}: {result.ErrorMessage} ({result.AttemptCount} attempts)") =>
        Result = result.WithOwnRecord();

    /// <summary>The whole result, with the record and every attempt.</summary>
    public RecordResult Result { get; }
}
