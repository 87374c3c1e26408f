using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of this library's exceptions, so that a caller catches the same type as with an embedded producer.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.Error")]
internal struct ErrorSurrogate
{
    [Id(0)] public string? Code;
    [Id(1)] public string? Message;
}

[RegisterConverter]
internal sealed class RecordValidationExceptionConverter : IConverter<RecordValidationException, ErrorSurrogate>
{
    public RecordValidationException ConvertFromSurrogate(in ErrorSurrogate surrogate) => new(surrogate.Code ?? "", surrogate.Message ?? "");

    public ErrorSurrogate ConvertToSurrogate(in RecordValidationException value) => new() { Code = value.Code, Message = value.Message };
}

[RegisterConverter]
internal sealed class StreamManagerExceptionConverter : IConverter<StreamManagerException, ErrorSurrogate>
{
    public StreamManagerException ConvertFromSurrogate(in ErrorSurrogate surrogate) => new(surrogate.Code ?? "", surrogate.Message ?? "");

    public ErrorSurrogate ConvertToSurrogate(in StreamManagerException value) => new() { Code = value.Code, Message = value.Message };
}

[RegisterConverter]
internal sealed class PackedFormatExceptionConverter : IConverter<PackedFormatException, ErrorSurrogate>
{
    public PackedFormatException ConvertFromSurrogate(in ErrorSurrogate surrogate) => new(surrogate.Message ?? "");

    public ErrorSurrogate ConvertToSurrogate(in PackedFormatException value) => new() { Message = value.Message };
}
