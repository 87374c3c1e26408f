namespace Orleans.Kpl;

/// <summary>Describes a record that ended without success. It carries the record, so that a handler can put it elsewhere.</summary>
public sealed record RecordFailure
{
    /// <summary>The stream that the record was put to.</summary>
    public required string Stream { get; init; }

    /// <summary>The record.</summary>
    public required UserRecord Record { get; init; }

    /// <summary>The record's outcome, with the reason and every attempt.</summary>
    public required RecordResult Result { get; init; }
}
