namespace Orleans.Kpl.Management;

/// <summary>The failure of a whole call to Kinesis, as the silo that made the call saw it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.KinesisError")]
internal sealed record KinesisError
{
    /// <summary>The kind of failure: 0 Kinesis rejected the call, 1 nothing was sent, 2 the call may have been applied.</summary>
    [Id(0)]
    public int Kind { get; init; }

    /// <summary>Kinesis' error code, or one of <see cref="RecordErrorCodes"/>.</summary>
    [Id(1)]
    public required string Code { get; init; }

    [Id(2)]
    public required string Message { get; init; }

    /// <summary>The HTTP status of the answer; 0 if there was no answer.</summary>
    [Id(3)]
    public int HttpStatus { get; init; }
}
