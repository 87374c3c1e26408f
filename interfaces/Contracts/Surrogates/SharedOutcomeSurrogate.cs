using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

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

[RegisterConverter]
internal sealed class SharedOutcomeConverter : IConverter<SharedOutcome, SharedOutcomeSurrogate>
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

[RegisterCopier]
internal sealed class SharedOutcomeCopier : ShallowCopier<SharedOutcome>;
