using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>A shard's queue that only keeps what its engine tells it.</summary>
internal sealed class RecordingQueue : IShardQueue
{
    public List<string> Told { get; } = [];

    public bool TryAdd(in ShardRecords records) => throw new NotSupportedException();

    public bool TryTakeBack(in IncomingRecord record) => throw new NotSupportedException();

    public bool TryInherit(in IncomingRecord record) => throw new NotSupportedException();

    public void Resume() => Told.Add("go");

    public void Close() => Told.Add("close");

    public void PassOn() => Told.Add("pass on");
}
