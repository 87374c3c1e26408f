using System.Text;

namespace Orleans.Kpl.Testing;

/// <summary>A record as a <see cref="FakeKplProducer"/> accepted it, with keys and data of its own.</summary>
public sealed class FakeRecord
{
    private readonly TaskCompletionSource<RecordResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<RecordResult> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly UserRecord _record;

    internal FakeRecord(string stream, in UserRecord record, PutOptions? options, AckLevel ackLevel)
    {
        _record = new UserRecord(record.PartitionKey, record.Data.ToArray(), record.ExplicitHashKey);
        (Stream, Options, AckLevel) = (stream, options, ackLevel);
        if (ackLevel == AckLevel.Accepted)
            _answered.SetResult(RecordResult.Acknowledged(RecordStatus.Accepted));
    }

    /// <summary>The stream, as the caller named it.</summary>
    public string Stream { get; }

    /// <summary>The partition key.</summary>
    public string PartitionKey => _record.PartitionKey;

    /// <summary>The explicit hash key; null for none.</summary>
    public UInt128? ExplicitHashKey => _record.ExplicitHashKey;

    /// <summary>The data, a copy.</summary>
    public ReadOnlyMemory<byte> Data => _record.Data;

    /// <summary>The data decoded as UTF-8; invalid bytes become U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(_record.Data.Span);

    /// <summary>The options of the put; null for none of its own.</summary>
    public PutOptions? Options { get; }

    /// <summary>The acknowledgement level of the put: that of its options, else that of the stream's settings.</summary>
    public AckLevel AckLevel { get; }

    /// <summary>Completes when the record has ended, even if its put was answered before; never faults.</summary>
    public Task<RecordResult> Ended => _ended.Task;

    internal UserRecord Record => _record;

    /// <summary>The memory that the record is charged with.</summary>
    internal long Charge { get; init; }

    /// <summary>When it was accepted, by the clock's timestamps.</summary>
    internal long AcceptedAt { get; init; }

    internal DateTimeOffset StartedAt { get; init; }

    internal FakeAnswer Answer { get; set; } = FakeAnswer.Delivered;

    /// <summary>Whether it stays under way until the test releases it.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Its place among those under way; null once it ends.</summary>
    internal LinkedListNode<FakeRecord>? Open { get; set; }

    /// <summary>The task that a put of the record waits for: the end, unless the caller asked for less.</summary>
    internal Task<RecordResult> Delivery => _answered.Task;

    internal void End(in RecordResult result)
    {
        _ended.SetResult(result);
        // A delivered record was in the backlog before, if the caller asked for that.
        _answered.TrySetResult(AckLevel == AckLevel.Persisted && result.IsSuccess ? RecordResult.Acknowledged(RecordStatus.Persisted) : result);
    }
}
