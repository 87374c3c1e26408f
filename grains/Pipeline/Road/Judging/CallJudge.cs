using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Judging;

/// <summary>
/// Handles the records of completed calls: it asks <see cref="VerdictPolicy"/> for a verdict on each Kinesis record, and carries the verdict out.
/// </summary>
/// <param name="takeApart">Takes a Kinesis record apart and routes its members anew.</param>
internal sealed class CallJudge(
    PipelineSettings settings, IRoadEvents events, StreamKnowledge known, RecordCompleter completer, Action<KinesisRecord> takeApart,
    MonotonicClock clock, Random random) : ICallCompletion
{
    private readonly SharedBuffers _buffers = new();

    /// <summary>Changes the verdict on some Kinesis records; null for none.</summary>
    public Func<Verdict, KinesisRecord, Verdict>? Amend { get; init; }

    public void Answered(PutRecordsCall call, PutRecordsReply reply)
    {
        events.CallEnded(call.Records, TimeSpan.FromTicks(call.EndedAt - call.StartedAt));
        if (reply.Entries.Count != call.Records.Count)
        {
            var message = $"{call.Records.Count} records were sent, the answer tells of {reply.Entries.Count}";
            FailCall(call, new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RecordCountMismatch, message));
            return;
        }

        var trust = known.TrustFor(call, reply);
        List<(ShardEngine, string, long)>? throttled = null;
        for (; call.Judged < call.Records.Count; call.Judged++)
        {
            var (entry, record) = (reply.Entries[call.Judged], call.Records[call.Judged]);
            if (entry.Refusal is not { } code)
            {
                Taken(call, record, record.Engine.Range.OwnId(entry.ShardId!), entry.SequenceNumber!, trust);
                continue;
            }

            events.Refused(record, code, entry.ErrorMessage);
            if (code == RecordErrorCodes.Throttled)
                (throttled ??= []).Add((record.Engine, VerdictPolicy.ThrottledShard(entry.ErrorMessage) ?? record.Engine.Range.ShardId, record.Size));
            Do(call, record, VerdictPolicy.OfRefused(code, entry.ErrorMessage, settings.Options.FailIfThrottled));
        }

        if (throttled is not null)
            Throttled(call, throttled);
        events.Answered(reply, call.EndedAt);
    }

    /// <summary>
    /// Handles throttles. A throttle by the predicted shard lowers its rate, for other writers may use it; one by another shard means that the map is
    /// old.
    /// </summary>
    private void Throttled(PutRecordsCall call, List<(ShardEngine Engine, string Shard, long Bytes)> throttled)
    {
        foreach (var some in throttled.GroupBy(static t => (t.Engine, t.Shard)))
        {
            var ((engine, shard), count) = (some.Key, some.Count());
            var isOwn = engine.Kind == EngineKind.Predicted && shard == engine.Range.ShardId;
            if (!isOwn && engine.Kind == EngineKind.Predicted)
                known.Refresh(call.StartedAt);
            events.Throttled(shard, count, isOwn ? engine.Watch?.OnThrottles(count, some.Sum(static t => t.Bytes), call.StartedAt, clock.Now) : null);
        }
    }

    public void Failed(PutRecordsCall call, Exception? failure)
    {
        try
        {
            if (failure is KinesisException refusal)
            {
                events.CallEnded(call.Records, TimeSpan.FromTicks(call.EndedAt - call.StartedAt));
                FailCall(call, refusal);
                return;
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        if (failure is not null)
            events.Broken(failure);
        for (; call.Judged < call.Records.Count; call.Judged++)
            End(call, call.Records[call.Judged], failure);
    }

    public void Expired(PutRecordsCall call, KinesisRecord record)
    {
        try
        {
            record.Engine.GiveBack(record); // No shard counted it.
            takeApart(record);
        }
        catch (Exception e)
        {
            events.Broken(e);
            End(call, record, e);
        }
    }

    private void FailCall(PutRecordsCall call, KinesisException failure)
    {
        events.CallFailed(call.Records, call.EndedAt, failure.Code, failure.Message);
        var verdict = VerdictPolicy.OfRefused(failure.Code, failure.Message, settings.Options.FailIfThrottled, isWholeCall: true);
        if (verdict.Kind == VerdictKind.Halve && call.Records is [var poison])
        {
            // It was refused alone. A large one may exceed a limit that was lowered.
            poison.Engine.GiveBack(poison);
            if (poison.Size <= PipelineSettings.DefaultMaxRecordBytes)
                verdict = verdict with { Kind = VerdictKind.Fail };
        }
        else if (verdict.Kind == VerdictKind.Halve)
        {
            foreach (var record in call.Records)
                AddAttempt(call, record, verdict);
            call.SendHalves();
            return;
        }

        var draw = Draw();
        for (; call.Judged < call.Records.Count; call.Judged++)
            Do(call, call.Records[call.Judged], verdict, draw);
    }

    private void Taken(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber, MapTrust trust)
    {
        events.Taken(record, shardId);
        if (record.Engine.Range.ShardId == shardId)
            record.Engine.Watch?.OnDelivered(record, call.EndedAt);
        if (record.Engine.Policy.OnTaken(shardId, sequenceNumber) is { } former)
            events.NumberFell(shardId, former, sequenceNumber);

        if (trust == MapTrust.Fresh && known.Contradicts(record, shardId, sequenceNumber))
            trust = MapTrust.Contradicted;
        var verdict = OfTaken(record, shardId, known.RangeOf(record, shardId), trust);
        if (verdict.RefreshMap)
            known.Refresh(call.StartedAt);
        Do(call, record, verdict, shardId: shardId, sequenceNumber: sequenceNumber);
    }

    /// <summary>Judges a Kinesis record that a shard took.</summary>
    /// <param name="range">That shard's range; null where it is not known.</param>
    public static Verdict OfTaken(KinesisRecord record, string shardId, ShardRange? range, MapTrust trust)
    {
        var encoded = record.Encoded;
        var predicted = record.Engine.Kind == EngineKind.Predicted ? record.Engine.Range.ShardId : null;
        return VerdictPolicy.OfTaken(predicted, encoded.Count, encoded.LowestHash, encoded.HighestHash, shardId, range, trust);
    }

    /// <summary>Carries out a verdict once what it depends on has been learnt.</summary>
    private async Task SettleAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict, string? shardId, string? sequenceNumber)
    {
        try
        {
            verdict = await known.SettleAsync(call, record, verdict, shardId, sequenceNumber).ConfigureAwait(false);
            Do(call, record, verdict, shardId: shardId, sequenceNumber: sequenceNumber);
        }
        catch (Exception e)
        {
            events.Broken(e);
            End(call, record, e);
        }
    }

    /// <summary>Ends a record for a defect, or because its call was stopped, unless it has begun to end. Others end after it, whatever it throws.</summary>
    private void End(PutRecordsCall call, KinesisRecord record, Exception? defect)
    {
        if (record.IsEnding)
            return;
        try
        {
            if (defect is null)
                completer.FailShutDown(record, call.WasSent);
            else
                completer.Fail(record, defect.GetType().Name, defect.Message, call.WasSent ? RecordStatus.Unknown : RecordStatus.Failed);
        }
        catch (Exception e)
        {
            events.Broken(e);
        }
    }

    /// <summary>Carries out a verdict.</summary>
    /// <param name="draw">The random number for its wait where the whole call failed: all its records then wait equally long and form one call
    /// again.</param>
    /// <param name="shardId">The shard that took the record; null where none did.</param>
    private void Do(
        PutRecordsCall call, KinesisRecord record, Verdict verdict, double? draw = null, string? shardId = null, string? sequenceNumber = null)
    {
        if (verdict.Kind is VerdictKind.AwaitMap or VerdictKind.ConfirmStream or VerdictKind.Halve)
        {
            _ = SettleAsync(call, record, verdict, shardId, sequenceNumber);
            return;
        }

        if (shardId is not null && record.Engine is { Kind: EngineKind.Predicted, Range.ShardId: var own }
            && (verdict.Kind != VerdictKind.Deliver || own != shardId))
            events.WrongShard(record, shardId, isSentAgain: verdict.Kind != VerdictKind.Deliver);
        if (verdict.Kind != VerdictKind.Deliver)
            verdict = Amend?.Invoke(verdict, record) ?? verdict;
        AddAttempt(call, record, verdict);
        if (verdict.Kind == VerdictKind.Deliver)
            completer.Deliver(record, shardId!, sequenceNumber!);
        else if (verdict.Kind is VerdictKind.Fail or VerdictKind.EndUnknown)
            completer.Fail(record, verdict.Code!, verdict.Message, verdict.Kind == VerdictKind.Fail ? RecordStatus.Failed : RecordStatus.Unknown);
        else if (verdict.Kind == VerdictKind.Reroute || settings.Options.MaxAttempts is > 0 and var max && record.MostCounted >= max)
        {
            // From the second time on its members go alone. They wait, because the service routes otherwise than its listing says.
            if (verdict.Kind == VerdictKind.Reroute && record.WrongShards > 1)
                record.NotBefore = clock.Now + settings.Backoff.Delay(record.WrongShards - 1, Draw()).Ticks;
            takeApart(record);
        }
        else
        {
            var wait = verdict.Kind == VerdictKind.RetrySlowly
                ? settings.Backoff.SlowDelay(draw ?? Draw())
                : settings.Backoff.Delay(record.Attempts!.Count, draw ?? Draw());
            record.NotBefore = clock.Now + wait.Ticks;
            // While it waits, it is in a smaller place in memory.
            record.Encoded = _buffers.Hold(record.Encoded);
            if (!record.Engine.TryTakeBack(record))
                takeApart(record);
        }
    }

    /// <summary>Adds the attempt to the record's history. Kinesis records that have gone through the same calls share that history.</summary>
    private void AddAttempt(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        var attempt = new Attempt { StartedAt = clock.ToUtc(call.StartedAt), EndedAt = clock.ToUtc(call.EndedAt), ErrorCode = verdict.Code,
            ErrorMessage = verdict.Message };
        record.Attempts = (record.Attempts ?? call.Untried).Then(attempt);
    }

    private double Draw()
    {
        lock (random)
            return random.NextDouble();
    }
}

/// <summary>The facts about the stream's shards when an answer is judged, and how more is learnt where they are not enough.</summary>
internal abstract class StreamKnowledge
{
    /// <summary>Decides how far the shard map is trusted for a call: one answer that it cannot explain makes the others doubtful too.</summary>
    public abstract MapTrust TrustFor(PutRecordsCall call, PutRecordsReply reply);

    /// <summary>Whether the answer for a Kinesis record contradicts the shard map.</summary>
    public abstract bool Contradicts(KinesisRecord record, string shardId, string sequenceNumber);

    /// <summary>Returns the range of the shard that took a record; null where it is not known.</summary>
    public abstract ShardRange? RangeOf(KinesisRecord record, string shardId);

    /// <summary>Reads the shard map again, unless that was done after that instant.</summary>
    public abstract void Refresh(long since);

    /// <summary>Learns what a verdict depends on, for no longer than the record's own time-to-live, and returns the verdict that is carried out.</summary>
    /// <param name="verdict">It awaits the map, or is to be confirmed; a call of one record that would be halved may be too large.</param>
    /// <param name="shardId">The shard that took the record; null where none did.</param>
    public abstract Task<Verdict> SettleAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict, string? shardId, string? sequenceNumber);
}
