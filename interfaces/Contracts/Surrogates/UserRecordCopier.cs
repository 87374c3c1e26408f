using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>Copies a record when a grain is called with it: its data is the caller's memory, and may be reused while the call is under way.</summary>
[RegisterCopier]
internal sealed class UserRecordCopier : IDeepCopier<UserRecord>
{
    /// <exception cref="RecordValidationException">
    /// The record is larger than any that Kinesis takes, and so large that it would cost Orleans' connection: it never leaves the caller.
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
