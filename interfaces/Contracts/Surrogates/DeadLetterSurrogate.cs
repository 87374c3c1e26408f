using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of a <see cref="DeadLetter"/>.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.DeadLetter")]
internal struct DeadLetterSurrogate
{
    [Id(0)] public long Number;
    [Id(1)] public UserRecord Record;
    [Id(2)] public string? ErrorCode;
    [Id(3)] public string? ErrorMessage;
    [Id(4)] public DateTimeOffset PersistedAt;
    [Id(5)] public DateTimeOffset SetAsideAt;
}

[RegisterConverter]
internal sealed class DeadLetterConverter : IConverter<DeadLetter, DeadLetterSurrogate>
{
    public DeadLetter ConvertFromSurrogate(in DeadLetterSurrogate surrogate) => new()
    {
        Number = surrogate.Number,
        Record = surrogate.Record,
        ErrorCode = surrogate.ErrorCode ?? "",
        ErrorMessage = surrogate.ErrorMessage,
        PersistedAt = surrogate.PersistedAt,
        SetAsideAt = surrogate.SetAsideAt,
    };

    public DeadLetterSurrogate ConvertToSurrogate(in DeadLetter value) => new()
    {
        Number = value.Number,
        Record = value.Record,
        ErrorCode = value.ErrorCode,
        ErrorMessage = value.ErrorMessage,
        PersistedAt = value.PersistedAt,
        SetAsideAt = value.SetAsideAt,
    };
}

[RegisterCopier]
internal sealed class DeadLetterCopier : ShallowCopier<DeadLetter>;
