using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>One PutRecords call under way.</summary>
internal sealed class PutRecordsCall(StreamSender sender) : IThreadPoolWorkItem
{
    private AttemptChain? _first;

    public List<KinesisRecord> Records { get; } = [];

    /// <summary>When the request began; 0 before that.</summary>
    public long StartedAt { get; set; }

    public long EndedAt { get; set; }

    /// <summary>Whether the gateway was given the call, so that Kinesis may have its records.</summary>
    public bool WasSent { get; set; }

    /// <summary>Returns this call as the first attempt of a Kinesis record.</summary>
    public AttemptChain First(in Attempt attempt) => _first is { } first && first.Attempt == attempt ? first : _first = new AttemptChain(attempt, null);

    /// <summary>Sends each half of the records as a call of its own, because Kinesis refused the call as a whole.</summary>
    public void SendHalves() => sender.SendHalves(Records);

    public void Execute() => _ = sender.SendAsync(this);
}
