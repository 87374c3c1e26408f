using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>Records of a segment of the backlog, and how many of them came back there.</summary>
internal sealed class StoredRecords : ISegmentOutcomes
{
    private int _back;
    private int _next;

    public int Back => Volatile.Read(ref _back);

    /// <summary>One more record, with its own term.</summary>
    public IncomingRecord Next(StreamPipeline stream, string key, TimeSpan term)
    {
        var now = stream.Clock.Now;
        // Its own: the stream must not wait at its end for records that a test leaves in a queue.
        var terms = new AcceptanceTerms(new FlushBarrier().Enter(1), now, now + term.Ticks, Immediate: false);
        var sink = new SegmentSink(this, new LogSegment(null!, 1), null, terms);
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        return new IncomingRecord
        {
            PartitionKey = bytes,
            HashKey = HashKey.OfPartitionKey(bytes),
            HasExplicitHashKey = false,
            Data = "data"u8.ToArray(),
            Member = new MemberRef(sink, _next++),
        };
    }

    public void Delivered(LogSegment segment, int index, in RecordResult result)
    {
    }

    public void CameBack(LogSegment segment, int index, in AggregateMember content, FailureReason reason) => Interlocked.Increment(ref _back);

    public void CameBack(LogSegment segment, int index, in RecordResult result) => Interlocked.Increment(ref _back);

    public bool IsForGood(string code, IReadOnlyList<Attempt> attempts) => code is "InvalidArgumentException" or RecordErrorCodes.RecordCountMismatch;
}
