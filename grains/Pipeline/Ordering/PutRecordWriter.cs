using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Sending;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Sends the calls of an ordered stream, of one record each, with PutRecord and the sequence number of the shard's previous record.
/// </summary>
internal sealed class PutRecordWriter(IKinesisGateway gateway, StreamTarget target) : ICallWriter
{
    public async ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        var order = call.Records[0].Engine.Order!.Sending;
        var former = order.SequenceNumberForOrdering;
        try
        {
            try
            {
                return Of(await gateway.PutRecordAsync(target, entries.Span[0], former, cancellationToken).ConfigureAwait(false));
            }
            catch (KinesisException e) when (e.Code == "InvalidArgumentException" && former is not null)
            {
                // The sequence number may be the wrong part, for example after the stream was created again under the same name.
                order.ForgetSequenceNumber();
                return Of(await gateway.PutRecordAsync(target, entries.Span[0], null, cancellationToken).ConfigureAwait(false));
            }
        }
        catch (KinesisException e) when (e.Code == RecordErrorCodes.Throttled)
        {
            // PutRecord fails as a whole where PutRecords returns an error for one entry; the consequence is the same.
            return Of(new PutRecordsReplyEntry(null, null, e.Code, e.Message));
        }
    }

    private static PutRecordsReply Of(in PutRecordsReplyEntry entry) => new([entry]);
}
