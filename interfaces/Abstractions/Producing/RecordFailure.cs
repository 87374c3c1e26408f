namespace Orleans.Kpl;

/// <summary>Tells of one record that ended without success, with the record, so that it can be put elsewhere.</summary>
public sealed record RecordFailure
{
    /// <summary>The stream it was put to.</summary>
    public required string Stream { get; init; }

    /// <summary>The record.</summary>
    public required UserRecord Record { get; init; }

    /// <summary>Its end, with the reason and every attempt.</summary>
    public required RecordResult Result { get; init; }
}
