namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>One PutRecords call under way.</summary>
internal sealed class PutRecordsCall(StreamSender sender) : IThreadPoolWorkItem
{
    public List<KinesisRecord> Records { get; } = [];

    /// <summary>When the request began; 0 before.</summary>
    public long StartedAt { get; set; }

    public long EndedAt { get; set; }

    public void Execute() => _ = sender.SendAsync(this);
}
