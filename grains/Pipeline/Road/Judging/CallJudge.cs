using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Judging;

/// <summary>
/// Handles the records of completed calls: it asks <see cref="VerdictPolicy"/> for a verdict on each Kinesis record, and carries the verdict out.
/// </summary>
internal sealed class CallJudge : ICallCompletion
{
    private readonly PipelineSettings _settings;
    private readonly IRoadEvents _events;
    private readonly RouteTable _routes;
    private readonly StreamKnowledge _known;
    private readonly MemoryLimits _memory;
    private readonly RecordCompleter _completer;
    private readonly Action<KinesisRecord> _takeApart;
    private readonly MonotonicClock _clock;
    private readonly Random _random;
    private readonly SharedBuffers _buffers = new();
    private volatile bool _hasLastCallFailed;

    /// <param name="takeApart">Takes a Kinesis record apart and routes its members anew.</param>
    public CallJudge(
        PipelineSettings settings, IRoadEvents events, RouteTable routes, StreamKnowledge known, MemoryLimits memory, RecordCompleter completer,
        Action<KinesisRecord> takeApart, MonotonicClock clock, Random random)
    {
        (_settings, _events) = (settings, events);
        (_routes, _known, _memory) = (routes, known, memory);
        (_completer, _takeApart) = (completer, takeApart);
        (_clock, _random) = (clock, random);
    }

    /// <summary>Frees memory, because callers wait for it.</summary>
    public required Action Relieve { get; init; }

    /// <summary>Changes the verdict on some Kinesis records; null for none.</summary>
    public Func<Verdict, KinesisRecord, Verdict>? Amend { get; init; }

    /// <summary>Whether the most recently completed call failed as a whole.</summary>
    public bool HasLastCallFailed => _hasLastCallFailed;

    public void Answered(PutRecordsCall call, PutRecordsReply reply)
    {
        _hasLastCallFailed = false;
        _events.CallEnded(call.Records, TimeSpan.FromTicks(call.EndedAt - call.StartedAt));
        if (reply.Entries.Count != call.Records.Count)
        {
            var message = $"{call.Records.Count} records were sent, the answer tells of {reply.Entries.Count}";
            FailCall(call, new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RecordCountMismatch, message));
            return;
        }

        var trust = TrustFor(call, reply);
        Dictionary<(ShardEngine, string), int>? throttled = null;
        (string Code, string? Message)? refusal = null;
        var isAnyTaken = false;
        for (var i = 0; i < call.Records.Count; i++)
        {
            var (entry, record) = (reply.Entries[i], call.Records[i]);
            if (entry is { ErrorCode: null, SequenceNumber: { } sequenceNumber, ShardId: { } shardId })
            {
                isAnyTaken = true;
                Taken(call, record, record.Engine.Range.OwnId(shardId), sequenceNumber, trust);
                continue;
            }

            var code = entry.ErrorCode ?? "IncompleteAnswer";
            _events.Refused(record, code, entry.ErrorMessage);
            refusal = (code, entry.ErrorMessage);
            if (code == RecordErrorCodes.Throttled)
            {
                throttled ??= [];
                var place = (record.Engine, ThrottleMessage.ShardOf(entry.ErrorMessage) ?? record.Engine.Range.ShardId);
                throttled[place] = throttled.GetValueOrDefault(place) + 1;
            }

            Do(call, record, VerdictPolicy.OfRefused(entry with { ErrorCode = code }, _settings.Options.FailIfThrottled));
        }

        if (throttled is not null)
            Throttled(call, throttled);
        if (isAnyTaken || refusal is not { } reason)
            _events.SomeTaken();
        else
            _events.NoneTaken(call.EndedAt, reason.Code, reason.Message);
    }

    /// <summary>
    /// Handles throttles. A throttle by the predicted shard means that other writers use it; one by another shard means that the map is old.
    /// </summary>
    private void Throttled(PutRecordsCall call, Dictionary<(ShardEngine Engine, string Shard), int> throttled)
    {
        foreach (var ((engine, shard), count) in throttled)
        {
            _events.Throttled(shard, count);
            if (engine.Kind != EngineKind.Predicted)
                continue;
            if (shard == engine.Range.ShardId)
            {
                engine.OnThrottled(call.StartedAt);
                engine.OnThrottles(count);
            }
            else
            {
                _known.Refresh(call.StartedAt);
            }
        }
    }

    public void Failed(PutRecordsCall call, KinesisException failure)
    {
        _hasLastCallFailed = true;
        _events.CallEnded(call.Records, TimeSpan.FromTicks(call.EndedAt - call.StartedAt));
        FailCall(call, failure);
    }

    public void Stopped(PutRecordsCall call)
    {
        foreach (var record in call.Records)
        {
            if (call.WasSent)
                _completer.EndCutOff(record);
            else
                _completer.FailShutDown(record);
        }
    }

    public void Broken(PutRecordsCall call, Exception defect)
    {
        _events.Broken(defect);
        foreach (var record in call.Records)
        {
            if (call.WasSent)
                _completer.EndUnknown(record, defect.GetType().Name, defect.Message);
            else
                _completer.Fail(record, defect.GetType().Name, defect.Message);
        }
    }

    public void Expired(KinesisRecord record) => _takeApart(record);

    /// <summary>Frees memory, if callers wait for it, now that a call may begin.</summary>
    public void Freed()
    {
        if (_memory.HasWaiters)
            Relieve();
    }

    /// <summary>When the oldest record whose verdict is pending was accepted.</summary>
    public long OldestAcceptedAt() => _known.OldestAcceptedAt();

    private void FailCall(PutRecordsCall call, KinesisException failure)
    {
        _events.CallFailed(call.Records, call.EndedAt, failure.Code, failure.Message);
        var verdict = VerdictPolicy.OfFailed(failure.Code, failure.Message, _settings.Options.FailIfThrottled);
        if (verdict.Kind == VerdictKind.Halve && call.Records.Count > 1)
        {
            foreach (var record in call.Records)
                AddAttempt(call, record, verdict);
            call.SendHalves();
            return;
        }

        var draw = Draw();
        foreach (var record in call.Records)
        {
            if (verdict.Kind == VerdictKind.Halve)
                Poison(call, record, verdict with { Kind = VerdictKind.Fail });
            else
                Do(call, record, verdict, draw);
        }
    }

    /// <summary>
    /// Decides how far the map is trusted for a call. One answer that the map cannot explain makes the other answers of its call doubtful too. If a
    /// stream was deleted and created again while nothing was sent, answers name the predicted shards, but their ranges differ. A map read while the
    /// call was under way removes that doubt. It proves nothing about answers that it cannot explain itself, because their records may have been
    /// taken after it was read.
    /// </summary>
    private MapTrust TrustFor(PutRecordsCall call, PutRecordsReply reply)
    {
        if (_known.IsFreshSince(call.StartedAt))
            return MapTrust.Fresh;
        for (var i = 0; i < call.Records.Count; i++)
        {
            if (reply.Entries[i] is { ErrorCode: null, SequenceNumber: { } sequenceNumber, ShardId: { } shardId }
                && Contradicts(call.Records[i], shardId, sequenceNumber))
                return MapTrust.Contradicted;
        }

        return MapTrust.Uncontradicted;
    }

    private bool Contradicts(KinesisRecord record, string shardId, string sequenceNumber) =>
        record.Engine.Kind == EngineKind.Predicted
        && VerdictPolicy.Contradicts(record.Encoded.HashKey, sequenceNumber, RangeOf(record, shardId), _known.NumbersTell);

    /// <summary>
    /// Returns the currently known range of the shard that took a record, or the range of the record's engine where the shard is not known any more.
    /// </summary>
    private ShardRange? RangeOf(KinesisRecord record, string shardId)
    {
        var engine = record.Engine;
        if (engine.Range.ShardId != shardId)
            return _known.RangeOf(shardId);
        // Ranges do not matter for a record that travels alone, and an engine in force has the currently known range.
        if (record.Encoded.Count == 1 || _routes.Current.Find(record.Encoded.HashKey) == engine)
            return engine.Range;
        return _known.RangeOf(shardId) ?? engine.Range;
    }

    private void Taken(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber, MapTrust trust)
    {
        _events.Taken(record, shardId);
        if (record.Engine.Range.ShardId == shardId)
            record.Engine.OnDelivered(record, call.EndedAt);
        if (record.Engine.Taken(shardId, sequenceNumber) is { } former)
            _events.NumberFell(shardId, former, sequenceNumber);

        if (trust == MapTrust.Fresh && Contradicts(record, shardId, sequenceNumber))
            trust = MapTrust.Contradicted;
        var verdict = Judge(record, shardId, RangeOf(record, shardId), trust);
        if (verdict.RefreshMap)
            _known.Refresh(call.StartedAt);
        if (verdict.Kind == VerdictKind.AwaitMap)
            _ = AwaitMapAsync(call, record, shardId, sequenceNumber);
        else
            Conclude(call, record, verdict, shardId, sequenceNumber);
    }

    private static Verdict Judge(KinesisRecord record, string shardId, ShardRange? range, MapTrust trust)
    {
        var encoded = record.Encoded;
        var predicted = record.Engine.Kind == EngineKind.Predicted ? record.Engine.Range.ShardId : null;
        return VerdictPolicy.OfTaken(predicted, encoded.Count, encoded.LowestHash, encoded.HighestHash, shardId, range, trust);
    }

    /// <summary>
    /// Holds the verdict until the map explains the record's own answer. If another answer of the call was unexplained, it waits for a map that was
    /// read after the call began. While the record's own answer is unexplained, its engine sends nothing, because further records would come back
    /// too.
    /// </summary>
    private async Task AwaitMapAsync(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber)
    {
        var isStrange = Contradicts(record, shardId, sequenceNumber);
        if (isStrange)
            record.Engine.Pause();
        await _known.ExplainAsync(
            record, shardId, () => !Contradicts(record, shardId, sequenceNumber) && (isStrange || _known.IsFreshSince(call.StartedAt))).ConfigureAwait(false);
        if (isStrange)
            record.Engine.Resume();
        _known.CheckNumber(shardId, sequenceNumber, call.StartedAt);
        var range = Contradicts(record, shardId, sequenceNumber) ? null : RangeOf(record, shardId);
        Conclude(call, record, Judge(record, shardId, range, MapTrust.Fresh), shardId, sequenceNumber);
    }

    /// <summary>
    /// Confirms from the map whether the stream is gone or is being created again. Where the map may not be read, the answer of Kinesis is decisive.
    /// </summary>
    private async Task ConfirmStreamAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        if (!_known.IsGoneSince(call.StartedAt) && !_known.IsFreshSince(call.EndedAt))
            await _known.ReadMapAsync(record).ConfigureAwait(false);

        Do(call, record, verdict with { Kind = _known.IsGoneSince(call.StartedAt) ? VerdictKind.Fail : VerdictKind.Retry });
    }

    /// <summary>Handles a Kinesis record that was refused alone. A large one may exceed a limit that was lowered.</summary>
    private void Poison(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        record.Engine.GiveBack(record);
        if (record.Size > PipelineSettings.DefaultMaxRecordBytes)
            _ = ConfirmSizeAsync(call, record, verdict);
        else
            Do(call, record, verdict);
    }

    private async Task ConfirmSizeAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        await _known.LearnLimitAsync(record, call.StartedAt).ConfigureAwait(false);
        var limit = _settings.StreamRecordBytes;
        if (record.Size <= limit)
        {
            Do(call, record, verdict);
        }
        else if (record.Encoded.Count > 1)
        {
            Do(call, record, verdict with { Kind = VerdictKind.Reroute });
        }
        else
        {
            var message = $"the stream takes records of at most {limit} bytes now: {verdict.Message}";
            Do(call, record, verdict with { Code = RecordErrorCodes.RecordTooLarge, Message = message });
        }
    }

    private void Conclude(PutRecordsCall call, KinesisRecord record, Verdict verdict, string shardId, string sequenceNumber)
    {
        if (verdict.Kind != VerdictKind.Deliver || (verdict.RefreshMap && record.Engine.Range.ShardId != shardId))
            _events.WrongShard(record, shardId, isSentAgain: verdict.Kind != VerdictKind.Deliver);
        if (verdict.Kind == VerdictKind.Deliver)
        {
            AddAttempt(call, record, verdict);
            _completer.Deliver(record, shardId, sequenceNumber);
        }
        else
        {
            Do(call, record, verdict);
        }
    }

    /// <summary>Carries out every verdict but a delivery.</summary>
    /// <param name="record">A record of it.</param>
    /// <param name="verdict">What becomes of the record.</param>
    /// <param name="draw">The random number for its wait where the whole call failed: all its records then wait equally long and form one call
    /// again.</param>
    private void Do(PutRecordsCall call, KinesisRecord record, Verdict verdict, double? draw = null)
    {
        if (verdict.Kind == VerdictKind.ConfirmStream)
        {
            _ = ConfirmStreamAsync(call, record, verdict);
            return;
        }

        if (Amend is not null)
            verdict = Amend(verdict, record);
        AddAttempt(call, record, verdict);
        var max = _settings.Options.MaxAttempts;
        if (verdict.Kind == VerdictKind.Fail)
        {
            _completer.Fail(record, verdict.Code!, verdict.Message);
        }
        else if (verdict.Kind == VerdictKind.EndUnknown)
        {
            _completer.EndUnknown(record, verdict.Code!, verdict.Message);
        }
        else if (verdict.Kind == VerdictKind.Reroute && record.WrongShards > 1)
        {
            // Its members go alone from now on. They wait, because the service routes otherwise than its listing says.
            record.NotBefore = _clock.Now + _settings.Backoff.Delay(record.WrongShards - 1, Draw()).Ticks;
            _takeApart(record);
        }
        else if (verdict.Kind == VerdictKind.Reroute || max > 0 && record.MostAttempts >= max)
        {
            _takeApart(record);
        }
        else
        {
            var wait = verdict.Kind == VerdictKind.RetrySlowly
                ? _settings.Backoff.SlowDelay(draw ?? Draw())
                : _settings.Backoff.Delay(record.Attempts!.Count, draw ?? Draw());
            record.NotBefore = _clock.Now + wait.Ticks;
            record.HoldIn(_buffers);
            if (!record.Engine.TryTakeBack(record))
                _takeApart(record);
        }
    }

    /// <summary>Adds the attempt to the record's history. Kinesis records that have gone through the same calls share that history.</summary>
    private void AddAttempt(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        var code = verdict.Kind == VerdictKind.Deliver ? null : verdict.Code;
        var attempt = new Attempt { StartedAt = _clock.ToUtc(call.StartedAt), EndedAt = _clock.ToUtc(call.EndedAt), ErrorCode = code,
            ErrorMessage = verdict.Message };
        record.Attempts = record.Attempts is { } tries ? tries.Then(attempt) : call.First(attempt);
    }

    private double Draw()
    {
        lock (_random)
            return _random.NextDouble();
    }
}
