using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Road.Judging;

/// <summary>Reports a stream's calls to operators: metrics, and events about anything that blocks the stream.</summary>
internal sealed class CallTelemetry(string stream, KplInstruments instruments, IPipelineEvents events, StreamHealth health)
{
    private string? _blockedBy;
    private long _calls;
    private long _kinesisRecords;

    /// <summary>How many calls have ended.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>How many Kinesis records they had.</summary>
    public long KinesisRecords => Volatile.Read(ref _kinesisRecords);

    /// <summary>Reports that Kinesis answered a call, or that it failed as a whole.</summary>
    public void Ended(PutRecordsCall call)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _kinesisRecords, call.Records.Count);
        instruments.CallEnded(stream, TimeSpan.FromTicks(call.EndedAt - call.StartedAt), call.Records.Count);
        if (!instruments.WantsContents)
            return;
        var carried = 0L;
        foreach (var record in call.Records)
            carried += record.Encoded.Count;

        instruments.Carried(stream, carried);
    }

    /// <summary>Reports that a whole call failed, or that its answer cannot be used.</summary>
    public void Failed(PutRecordsCall call, KinesisException failure)
    {
        if (instruments.WantsContents)
        {
            foreach (var record in call.Records)
                instruments.Held(record.Engine.Meter, record.Encoded.Count);
        }

        instruments.Error(stream, null, failure.Code);
        events.CallFailed(stream, failure.Code, failure.Message, call.Records.Count);
        health.PutFailed(call.EndedAt, failure.Code, failure.Message);
        Blocked(failure.Code, failure.Message);
    }

    /// <summary>Reports that Kinesis refused one Kinesis record of a call.</summary>
    public void Refused(KinesisRecord record, string code, string? message)
    {
        instruments.Held(record.Engine.Meter, record.Encoded.Count);
        instruments.Error(stream, record.Engine.Range.ShardId, code);
        Blocked(code, message);
    }

    /// <summary>Reports that Kinesis took some records of a call.</summary>
    public void SomeTaken() => health.PutTaken();

    /// <summary>Reports that Kinesis answered a call and took none of its records, with one of the reasons.</summary>
    public void NoneTaken(PutRecordsCall call, string code, string? message) => health.PutFailed(call.EndedAt, code, message ?? "");

    /// <summary>Reports that a shard throttled this many Kinesis records of a call.</summary>
    public void Throttled(string shardId, int count) => events.Throttled(stream, shardId, count);

    /// <summary>Reports that a shard took a Kinesis record.</summary>
    public void Taken(KinesisRecord record, string shardId)
    {
        if (Volatile.Read(ref _blockedBy) is not null)
            Unblocked();
        var (predicted, taker) = (record.Engine.Meter, instruments.Of(record.Engine.Meter, shardId));
        if (ReferenceEquals(predicted, taker))
        {
            instruments.HeldAndPut(taker, record.Encoded.Count, record.Encoded.Length);
            return;
        }

        instruments.Held(predicted, record.Encoded.Count);
        instruments.KinesisRecordPut(taker, record.Encoded.Length);
    }

    /// <summary>Reports that a shard gave a Kinesis record of an ordered stream a lower sequence number than the record before.</summary>
    public void OrderViolated(string shardId, string former, string sequenceNumber)
    {
        instruments.OrderViolated(stream, shardId);
        events.OrderViolated(stream, shardId, former, sequenceNumber);
    }

    /// <summary>Reports that another shard than the predicted one took a Kinesis record.</summary>
    public void WrongShard(KinesisRecord record, string shardId, bool isSentAgain)
    {
        instruments.WrongShard(stream, record.Engine.Range.ShardId);
        events.WrongShard(stream, record.Engine.Range.ShardId, shardId, record.Encoded.Count, isSentAgain);
    }

    /// <summary>Reports an unexpected defect.</summary>
    public void Broken(Exception defect) => events.Unexpected("sending", defect);

    /// <summary>Reports, once for each such state, that nothing gets through until an operator acts.</summary>
    private void Blocked(string code, string? message)
    {
        if (VerdictTable.Of(code).Blocks && Interlocked.Exchange(ref _blockedBy, code) != code)
            events.StreamBlocked(stream, code, message ?? "");
    }

    private void Unblocked()
    {
        if (Interlocked.Exchange(ref _blockedBy, null) is { } code)
            events.StreamUnblocked(stream, code);
    }
}
