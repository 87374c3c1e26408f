using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>Passes a sealed call to Kinesis: the last step before the gateway.</summary>
internal interface ICallWriter
{
    /// <summary>In how many calls of one size the records of a full one are best sent.</summary>
    int Together => 1;

    /// <summary>Sends the entries, one for each record of the call. The reply has one entry for each, in the same order.</summary>
    ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken);
}

/// <summary>Sends calls with PutRecords.</summary>
internal sealed class PutRecordsWriter(IKinesisGateway gateway, StreamTarget target) : ICallWriter
{
    public int Together => gateway.CallsTogether;

    public ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        gateway.PutRecordsAsync(target, entries, cancellationToken);
}
