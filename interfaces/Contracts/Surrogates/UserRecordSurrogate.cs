using Orleans.Serialization.Cloning;

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

/// <summary>Copies a record when it is passed to a grain: its data is the caller's memory, and may be reused during the call.</summary>
[RegisterCopier]
internal sealed class UserRecordCopier : IDeepCopier<UserRecord>
{
    /// <exception cref="RecordValidationException">
    /// The record is larger than any that Kinesis accepts, and large enough to cost Orleans' connection: it never leaves the caller.
    /// </exception>
    public UserRecord DeepCopy(UserRecord input, CopyContext context)
    {
        var size = input.Data.Length + (long)(input.PartitionKey?.Length ?? 0);
        return size <= RecordBatch.MaxBytes
            ? new UserRecord(input.PartitionKey!, input.Data.ToArray(), input.ExplicitHashKey)
            : throw new RecordValidationException(
                RecordErrorCodes.RecordTooLarge, $"key and data have {size} bytes; at most {RecordBatch.MaxBytes} are carried to a silo");
    }
}
