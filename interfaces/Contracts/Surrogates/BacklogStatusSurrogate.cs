using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of a <see cref="BacklogStatus"/>.</summary>
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

[RegisterConverter]
internal sealed class BacklogStatusConverter : IConverter<BacklogStatus, BacklogStatusSurrogate>
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

[RegisterCopier]
internal sealed class BacklogStatusCopier : ShallowCopier<BacklogStatus>;
