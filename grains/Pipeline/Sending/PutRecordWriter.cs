using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>By PutRecord, with the sequence number of the shard's former record: calls of an ordered stream, of one record each.</summary>
internal sealed class PutRecordWriter(IKinesisGateway gateway, StreamTarget target) : ICallWriter
{
    public async ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        var order = call.Records[0].Engine.Succession!.Sending;
        var former = order.SequenceNumberForOrdering;
        try
        {
            return Of(await gateway.PutRecordAsync(target, entries.Span[0], former, cancellationToken).ConfigureAwait(false));
        }
        catch (KinesisException e) when (e.Code == "InvalidArgumentException" && former is not null)
        {
            // It is the number that may be wrong: of a stream that has been created again under the same name, say.
            order.ForgetSequenceNumber();
            return Of(await gateway.PutRecordAsync(target, entries.Span[0], null, cancellationToken).ConfigureAwait(false));
        }
        catch (KinesisException e) when (e.Code == RecordErrorCodes.Throttled)
        {
            // PutRecord fails as a whole where PutRecords answers for an entry; what comes of it is the same.
            return Of(new PutRecordsReplyEntry(null, null, e.Code, e.Message));
        }
    }

    private static PutRecordsReply Of(in PutRecordsReplyEntry entry) => new([entry]);
}
