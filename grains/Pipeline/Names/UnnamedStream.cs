using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Names;

/// <summary>Ends puts by an ARN while it is not known whose stream it names. Nothing was accepted.</summary>
internal static class UnnamedStream
{
    private static RecordResult ResultOf(UserRecord record, KinesisException why) => RecordResult.NotDelivered(RecordStatus.Failed, why.Code,
        $"Kinesis does not tell whose stream this ARN names, so nothing is put there. By its name it would be: {why.Message}", record);

    public static EnqueuedRecord Fail(UserRecord record, KinesisException why) => new(Task.FromResult(ResultOf(record, why)));

    public static EnqueuedBatch Fail(ReadOnlyMemory<UserRecord> records, KinesisException why)
    {
        var batch = new BatchOutcome(records.Length);
        for (var i = 0; i < records.Length; i++)
            batch.End(i, ResultOf(records.Span[i], why));
        batch.AllHandedOver();
        return batch;
    }

    /// <summary>A batch that its caller puts again is left to it, except where there is no such stream.</summary>
    /// <exception cref="OperationCanceledException">The caller puts it again.</exception>
    public static bool Fail(PackedRecords records, IBatchOutcomes batch, KinesisException why)
    {
        if (batch.IsWhole && why.Code != RecordErrorCodes.ResourceNotFound)
            throw new OperationCanceledException(why.Message, why);
        var places = records.Places();
        for (var i = 0; i < places.Length; i++)
            batch.End(i, ResultOf(records.ToUserRecord(places[i]), why));
        batch.AllHandedOver();
        return true;
    }
}
