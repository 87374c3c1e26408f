namespace Orleans.Kpl;

/// <summary>One try to deliver a record.</summary>
/// <param name="StartedAt">When the request began.</param>
/// <param name="EndedAt">When its answer, or its failure, was there.</param>
/// <param name="ErrorCode">Kinesis' error code or one of <see cref="RecordErrorCodes"/>; null when the try delivered.</param>
/// <param name="ErrorMessage">The message that came with the code.</param>
public readonly record struct Attempt(DateTimeOffset StartedAt, DateTimeOffset EndedAt, string? ErrorCode, string? ErrorMessage)
{
    /// <summary>True for the try that delivered the record.</summary>
    public bool Succeeded => ErrorCode is null;

    /// <summary>How long the try took.</summary>
    public TimeSpan Duration => EndedAt - StartedAt;
}
