namespace Orleans.Kpl;

/// <summary>One attempt to deliver a record.</summary>
public readonly record struct Attempt
{
    /// <summary>When the request began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When the request was answered or failed.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>Kinesis' error code or one of <see cref="RecordErrorCodes"/>; null when the attempt delivered the record.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The message for the error code.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>True for the attempt that delivered the record.</summary>
    public bool Succeeded => ErrorCode is null;

    /// <summary>How long the attempt took.</summary>
    public TimeSpan Duration => EndedAt - StartedAt;
}
