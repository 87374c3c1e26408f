using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of a <see cref="RecordResult"/>.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.RecordResult")]
internal struct RecordResultSurrogate
{
    [Id(0)] public SharedOutcome? End;
    [Id(1)] public int SubSequenceNumber;
}

[RegisterConverter]
internal sealed class RecordResultConverter : IConverter<RecordResult, RecordResultSurrogate>
{
    public RecordResult ConvertFromSurrogate(in RecordResultSurrogate surrogate) =>
        surrogate.End is { } end ? new RecordResult(end, surrogate.SubSequenceNumber) : default;

    public RecordResultSurrogate ConvertToSurrogate(in RecordResult value) =>
        new() { End = value.WithOwnRecord().End, SubSequenceNumber = value.SubSequenceNumber };
}

/// <summary>Passes results without copying: they are immutable.</summary>
[RegisterCopier]
internal sealed class RecordResultCopier : ShallowCopier<RecordResult>;
