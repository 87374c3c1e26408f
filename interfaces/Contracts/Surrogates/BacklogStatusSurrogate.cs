using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

[GenerateSerializer, Alias("Orleans.Kpl.BacklogStatus")]
internal struct BacklogStatusSurrogate
{
    [Id(0)] public long Records;
    [Id(1)] public long Segments;
    [Id(2)] public long Bytes;
    [Id(3)] public TimeSpan OldestAge;
    [Id(4)] public bool IsSpilling;
    [Id(5)] public string? StoreError;
    [Id(6)] public long DeadLetters;
    [Id(7)] public long DamagedSegments;
    [Id(8)] public double WriteUnits;
    [Id(9)] public double Cost;
}

[RegisterConverter, RegisterCopier]
internal sealed class BacklogStatusConverter : ShallowCopier<BacklogStatus>, IConverter<BacklogStatus, BacklogStatusSurrogate>
{
    public BacklogStatus ConvertFromSurrogate(in BacklogStatusSurrogate surrogate) => new()
    {
        Records = surrogate.Records,
        Segments = surrogate.Segments,
        Bytes = surrogate.Bytes,
        OldestAge = surrogate.OldestAge,
        IsSpilling = surrogate.IsSpilling,
        StoreError = surrogate.StoreError,
        DeadLetters = surrogate.DeadLetters,
        DamagedSegments = surrogate.DamagedSegments,
        WriteUnits = surrogate.WriteUnits,
        Cost = surrogate.Cost,
    };

    public BacklogStatusSurrogate ConvertToSurrogate(in BacklogStatus value) => new()
    {
        Records = value.Records,
        Segments = value.Segments,
        Bytes = value.Bytes,
        OldestAge = value.OldestAge,
        IsSpilling = value.IsSpilling,
        StoreError = value.StoreError,
        DeadLetters = value.DeadLetters,
        DamagedSegments = value.DamagedSegments,
        WriteUnits = value.WriteUnits,
        Cost = value.Cost,
    };
}

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

[RegisterConverter, RegisterCopier]
internal sealed class DeadLetterConverter : ShallowCopier<DeadLetter>, IConverter<DeadLetter, DeadLetterSurrogate>
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

[GenerateSerializer, Alias("Orleans.Kpl.StreamLedger")]
internal struct StreamLedgerSurrogate
{
    [Id(0)] public long Accepted;
    [Id(1)] public long Delivered;
    [Id(2)] public long Failed;
    [Id(3)] public long Unknown;
    [Id(4)] public long InFlight;
    [Id(5)] public long InBacklog;
    [Id(6)] public long DeadLettered;
}

[RegisterConverter]
internal sealed class StreamLedgerConverter : IConverter<StreamLedger, StreamLedgerSurrogate>
{
    public StreamLedger ConvertFromSurrogate(in StreamLedgerSurrogate surrogate) => new(
        surrogate.Accepted, surrogate.Delivered, surrogate.Failed, surrogate.Unknown, surrogate.InFlight, surrogate.InBacklog, surrogate.DeadLettered);

    public StreamLedgerSurrogate ConvertToSurrogate(in StreamLedger value) => new()
    {
        Accepted = value.Accepted,
        Delivered = value.Delivered,
        Failed = value.Failed,
        Unknown = value.Unknown,
        InFlight = value.InFlight,
        InBacklog = value.InBacklog,
        DeadLettered = value.DeadLettered,
    };
}
