using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of <see cref="PutOptions"/>.</summary>
[GenerateSerializer]
[Alias("Orleans.Kpl.PutOptions")]
internal struct PutOptionsSurrogate
{
    [Id(0)]
    public bool Immediate;

    [Id(1)]
    public TimeSpan? TimeToLive;

    [Id(2)]
    public int? AckLevel;
}

[RegisterConverter]
internal sealed class PutOptionsConverter : IConverter<PutOptions, PutOptionsSurrogate>
{
    public PutOptions ConvertFromSurrogate(in PutOptionsSurrogate surrogate) => new()
    {
        Immediate = surrogate.Immediate,
        TimeToLive = surrogate.TimeToLive,
        AckLevel = (AckLevel?)surrogate.AckLevel,
    };

    public PutOptionsSurrogate ConvertToSurrogate(in PutOptions value) => new()
    {
        Immediate = value.Immediate,
        TimeToLive = value.TimeToLive,
        AckLevel = (int?)value.AckLevel,
    };
}

[RegisterCopier]
internal sealed class PutOptionsCopier : ShallowCopier<PutOptions>;
