namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>By PutRecords.</summary>
internal sealed class PutRecordsWriter(IKinesisGateway gateway, StreamTarget target) : ICallWriter
{
    public ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        gateway.PutRecordsAsync(target, entries, cancellationToken);
}
