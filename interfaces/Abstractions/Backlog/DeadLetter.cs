using Orleans.Kpl.Packed;

namespace Orleans.Kpl;

/// <summary>A record of the backlog that will not be delivered, set aside for an operator.</summary>
public sealed record DeadLetter
{
    /// <summary>The number of the dead letter in the stream's list; numbers increase.</summary>
    public long Number { get; init; }

    /// <summary>The record itself.</summary>
    public required UserRecord Record { get; init; }

    /// <summary>The producer number that the record has been sent with, and keeps when it is tried again; null where it has none.</summary>
    internal PackedNumber? ProducerNumber { get; init; }

    /// <summary>Whether the record is a Kinesis record of its own (<see cref="PutOptions.Alone"/>), also when it is tried again.</summary>
    internal bool IsAlone { get; init; }

    /// <summary>Kinesis' error code or one of <see cref="RecordErrorCodes"/>.</summary>
    public required string ErrorCode { get; init; }

    /// <summary>A human-readable error message.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>When the record was stored in the backlog.</summary>
    public DateTimeOffset PersistedAt { get; init; }

    /// <summary>When the record was set aside.</summary>
    public DateTimeOffset SetAsideAt { get; init; }
}
