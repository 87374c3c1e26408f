namespace Orleans.Kpl.Management;

/// <summary>The failure of a whole call to Kinesis, as the silo that made the call saw it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.KinesisError")]
internal sealed record KinesisError
{
    /// <summary>How it failed: 0 Kinesis refused, 1 nothing was sent, 2 it may have been applied.</summary>
    [Id(0)]
    public int Kind { get; init; }

    /// <summary>Kinesis' error code, or one of <see cref="RecordErrorCodes"/>.</summary>
    [Id(1)]
    public required string Code { get; init; }

    [Id(2)]
    public required string Message { get; init; }

    /// <summary>The status of the answer; 0 where there was none.</summary>
    [Id(3)]
    public int HttpStatus { get; init; }
}
