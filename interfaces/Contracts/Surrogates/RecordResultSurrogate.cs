using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>How a <see cref="RecordResult"/> travels.</summary>
[GenerateSerializer]
[Alias("Orleans.Kpl.RecordResult")]
internal struct RecordResultSurrogate
{
    [Id(0)]
    public SharedOutcome? End;

    [Id(1)]
    public int SubSequenceNumber;
}

[RegisterConverter]
internal sealed class RecordResultConverter : IConverter<RecordResult, RecordResultSurrogate>
{
    public RecordResult ConvertFromSurrogate(in RecordResultSurrogate surrogate) =>
        surrogate.End is { } end ? new RecordResult(end, surrogate.SubSequenceNumber) : default;

    public RecordResultSurrogate ConvertToSurrogate(in RecordResult value) =>
        new() { End = value.WithOwnRecord().End, SubSequenceNumber = value.SubSequenceNumber };
}

/// <summary>Results never change: no call needs a copy of them.</summary>
[RegisterCopier]
internal sealed class RecordResultCopier : ShallowCopier<RecordResult>;
