using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

[GenerateSerializer, Alias("Orleans.Kpl.RecordResult")]
internal struct RecordResultSurrogate
{
    [Id(0)] public SharedOutcome? End;
    [Id(1)] public int SubSequenceNumber;
}

/// <summary>Within a process results pass without copying: they are immutable.</summary>
[RegisterConverter, RegisterCopier]
internal sealed class RecordResultConverter : ShallowCopier<RecordResult>, IConverter<RecordResult, RecordResultSurrogate>
{
    public RecordResult ConvertFromSurrogate(in RecordResultSurrogate surrogate) =>
        surrogate.End is { } end ? new RecordResult(end, surrogate.SubSequenceNumber) : default;

    public RecordResultSurrogate ConvertToSurrogate(in RecordResult value) =>
        new() { End = value.WithOwnRecord().Outcome, SubSequenceNumber = value.SubSequenceNumber };
}

/// <summary>The serialized form of the outcome that the members of a Kinesis record share: written once, and shared again after reading.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.RecordEnd")]
internal struct SharedOutcomeSurrogate
{
    [Id(0)] public byte Status;
    [Id(1)] public string? ShardId;
    [Id(2)] public string? SequenceNumber;
    [Id(3)] public string? ErrorCode;
    [Id(4)] public string? ErrorMessage;
    [Id(5)] public Attempt[]? Attempts;
    [Id(6)] public UserRecord? Record;
}

[RegisterConverter, RegisterCopier]
internal sealed class SharedOutcomeConverter : ShallowCopier<SharedOutcome>, IConverter<SharedOutcome, SharedOutcomeSurrogate>
{
    public SharedOutcome ConvertFromSurrogate(in SharedOutcomeSurrogate surrogate) => new()
    {
        Status = (RecordStatus)surrogate.Status,
        ShardId = surrogate.ShardId,
        SequenceNumber = surrogate.SequenceNumber,
        ErrorCode = surrogate.ErrorCode,
        ErrorMessage = surrogate.ErrorMessage,
        Attempts = surrogate.Attempts ?? [],
        Record = surrogate.Record,
    };

    public SharedOutcomeSurrogate ConvertToSurrogate(in SharedOutcome value) => new()
    {
        Status = (byte)value.Status,
        ShardId = value.ShardId,
        SequenceNumber = value.SequenceNumber,
        ErrorCode = value.ErrorCode,
        ErrorMessage = value.ErrorMessage,
        Attempts = value.Attempts as Attempt[] ?? [.. value.Attempts],
        Record = value.Record,
    };
}

[GenerateSerializer, Alias("Orleans.Kpl.Attempt")]
internal struct AttemptSurrogate
{
    [Id(0)] public DateTimeOffset StartedAt;
    [Id(1)] public DateTimeOffset EndedAt;
    [Id(2)] public string? ErrorCode;
    [Id(3)] public string? ErrorMessage;
}

[RegisterConverter]
internal sealed class AttemptConverter : IConverter<Attempt, AttemptSurrogate>
{
    public Attempt ConvertFromSurrogate(in AttemptSurrogate surrogate) => new()
    {
        StartedAt = surrogate.StartedAt,
        EndedAt = surrogate.EndedAt,
        ErrorCode = surrogate.ErrorCode,
        ErrorMessage = surrogate.ErrorMessage,
    };

    public AttemptSurrogate ConvertToSurrogate(in Attempt value) => new()
    {
        StartedAt = value.StartedAt,
        EndedAt = value.EndedAt,
        ErrorCode = value.ErrorCode,
        ErrorMessage = value.ErrorMessage,
    };
}
