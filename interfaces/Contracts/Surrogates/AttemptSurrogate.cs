namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of an <see cref="Attempt"/>.</summary>
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
