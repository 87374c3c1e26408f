using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>One PutRecords call under way.</summary>
internal sealed class PutRecordsCall(StreamSender sender) : IThreadPoolWorkItem
{
    private AttemptChain? _first;

    public List<KinesisRecord> Records { get; } = [];

    /// <summary>When the request began; 0 before.</summary>
    public long StartedAt { get; set; }

    public long EndedAt { get; set; }

    /// <summary>This call as the first try of a Kinesis record.</summary>
    public AttemptChain First(in Attempt attempt) => _first is { } first && first.Attempt == attempt ? first : _first = new AttemptChain(attempt, null);

    /// <summary>Kinesis refused the call as a whole: each half of its records is sent as a call of its own.</summary>
    public void SendHalves() => sender.SendHalves(Records);

    public void Execute() => _ = sender.SendAsync(this);
}
