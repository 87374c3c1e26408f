namespace Orleans.Kpl;

/// <summary>One try to deliver a record.</summary>
public readonly record struct Attempt
{
    /// <summary>When the request began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When its answer, or its failure, was there.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>Kinesis' error code or one of <see cref="RecordErrorCodes"/>; null when the try delivered.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The message that came with the code.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>True for the try that delivered the record.</summary>
    public bool Succeeded => ErrorCode is null;

    /// <summary>How long the try took.</summary>
    public TimeSpan Duration => EndedAt - StartedAt;
}
