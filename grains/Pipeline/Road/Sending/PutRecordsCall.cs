using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Sending;

/// <summary>One PutRecords call under way.</summary>
internal sealed class PutRecordsCall(StreamSender sender, List<KinesisRecord> records) : IThreadPoolWorkItem
{
    public List<KinesisRecord> Records => records;

    /// <summary>When the request began; 0 before that.</summary>
    public long StartedAt { get; set; }

    public long EndedAt { get; set; }

    /// <summary>Whether the gateway was given the call, so that Kinesis may have its records.</summary>
    public bool WasSent { get; set; }

    /// <summary>How many of the records have had their verdict carried out: they are in other hands.</summary>
    public int Judged { get; set; }

    /// <summary>The attempts of those of its records that had none before: they share what follows.</summary>
    public AttemptChain Untried { get; } = new();

    /// <summary>Sends each half of the records as a call of its own, because Kinesis refused the call as a whole.</summary>
    public void SendHalves() => sender.SendHalves(records);

    public void Execute() => _ = sender.SendAsync(this);
}

/// <summary>Receives the completed calls of a sender, and takes over the records of each call.</summary>
internal interface ICallCompletion
{
    /// <summary>Handles the answer of Kinesis.</summary>
    void Answered(PutRecordsCall call, PutRecordsReply reply);

    /// <summary>Handles what ended a whole call, or was thrown as its answer was handled. Throws nothing itself.</summary>
    /// <param name="failure">Null where the call was cancelled, because the producer is being disposed and its drain limit has passed.</param>
    void Failed(PutRecordsCall call, Exception? failure);

    /// <summary>Handles a Kinesis record of which a member expired while it waited for the call. Throws nothing itself.</summary>
    void Expired(PutRecordsCall call, KinesisRecord record);
}

/// <summary>Passes a sealed call to Kinesis: the last step before the gateway.</summary>
internal interface ICallWriter
{
    /// <inheritdoc cref="IKinesisGateway.PartsOf"/>
    int PartsOf(long bytes, int mayBegin) => 1;

    /// <summary>Sends the entries, one for each record of the call. The reply has one entry for each, at the same index.</summary>
    ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken);
}

internal sealed class PutRecordsWriter(IKinesisGateway gateway, StreamTarget target) : ICallWriter
{
    public int PartsOf(long bytes, int mayBegin) => gateway.PartsOf(bytes, mayBegin);

    public ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        gateway.PutRecordsAsync(target, entries, cancellationToken);
}
