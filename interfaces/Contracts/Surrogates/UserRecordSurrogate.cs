namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of a <see cref="UserRecord"/>.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.UserRecord")]
internal struct UserRecordSurrogate
{
    [Id(0)] public string? PartitionKey;
    [Id(1)] public ReadOnlyMemory<byte> Data;
    [Id(2)] public UInt128? ExplicitHashKey;
}

[RegisterConverter]
internal sealed class UserRecordConverter : IConverter<UserRecord, UserRecordSurrogate>
{
    public UserRecord ConvertFromSurrogate(in UserRecordSurrogate surrogate) => new(surrogate.PartitionKey!, surrogate.Data, surrogate.ExplicitHashKey);

    public UserRecordSurrogate ConvertToSurrogate(in UserRecord value) => new()
    {
        PartitionKey = value.PartitionKey,
        Data = value.Data,
        ExplicitHashKey = value.ExplicitHashKey,
    };
}
