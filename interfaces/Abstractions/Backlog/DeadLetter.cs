namespace Orleans.Kpl;

/// <summary>A record of the backlog that cannot be delivered, set aside for an operator.</summary>
public sealed record DeadLetter
{
    /// <summary>Its number in the stream's list, rising.</summary>
    public long Number { get; init; }

    /// <summary>The record itself.</summary>
    public required UserRecord Record { get; init; }

    /// <summary>Kinesis' code or one of <see cref="RecordErrorCodes"/>.</summary>
    public required string ErrorCode { get; init; }

    /// <summary>What went wrong, for people.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>When it was taken into the backlog.</summary>
    public DateTimeOffset PersistedAt { get; init; }

    /// <summary>When it was set aside.</summary>
    public DateTimeOffset SetAsideAt { get; init; }
}
