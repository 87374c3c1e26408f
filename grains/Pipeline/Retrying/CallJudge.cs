using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>Asks <see cref="VerdictPolicy"/> about each Kinesis record of an answered call, and does what it says.</summary>
internal sealed class CallJudge
{
    private readonly string _stream;
    private readonly StreamSettings _settings;
    private readonly ShardTopology _topology;
    private readonly MapKeeper _map;
    private readonly RecordEnder _ender;
    private readonly KplInstruments _instruments;
    private readonly IPipelineEvents _events;
    private readonly MonotonicClock _clock;
    private readonly Random _random;
    private readonly Action<KinesisRecord> _reroute;
    private readonly HashSet<KinesisRecord> _awaitingMap = [];

    public CallJudge(
        string stream, StreamSettings settings, ShardTopology topology, MapKeeper map, RecordEnder ender,
        KplInstruments instruments, IPipelineEvents events, MonotonicClock clock, Random random, Action<KinesisRecord> reroute)
    {
        _stream = stream;
        _settings = settings;
        _topology = topology;
        _map = map;
        _ender = ender;
        _instruments = instruments;
        _events = events;
        _clock = clock;
        _random = random;
        _reroute = reroute;
    }

    public void Answered(PutRecordsCall call, PutRecordsReply reply)
    {
        MeasureCall(call);
        if (reply.Entries.Count != call.Records.Count)
        {
            var message = $"{call.Records.Count} records were sent, the answer tells of {reply.Entries.Count}";
            Failed(call, new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RecordCountMismatch, message), _ => { });
            return;
        }

        Dictionary<(ShardEngine, string), int>? throttled = null;
        for (var i = 0; i < call.Records.Count; i++)
        {
            var entry = reply.Entries[i];
            var record = call.Records[i];
            if (entry is { ErrorCode: null, SequenceNumber: { } sequenceNumber, ShardId: { } shardId })
            {
                Taken(call, record, shardId, sequenceNumber);
                continue;
            }

            var code = entry.ErrorCode ?? "IncompleteAnswer";
            var shard = record.Engine.Range.ShardId;
            _instruments.Error(_stream, shard, code);
            if (code == RecordErrorCodes.Throttled)
            {
                throttled ??= [];
                var place = (record.Engine, ThrottleMessage.ShardOf(entry.ErrorMessage) ?? shard);
                throttled[place] = throttled.GetValueOrDefault(place) + 1;
            }

            Do(call, record, VerdictPolicy.OfRefused(entry with { ErrorCode = code }, _settings.Options.FailIfThrottled));
        }

        if (throttled is not null)
            Throttled(call, throttled);
    }

    /// <summary>A throttle by the predicted shard is one by others who write there; one by another shard tells of an old map.</summary>
    private void Throttled(PutRecordsCall call, Dictionary<(ShardEngine Engine, string Shard), int> throttled)
    {
        foreach (var ((engine, shard), count) in throttled)
        {
            _events.Throttled(_stream, shard, count);
            if (engine.Kind != EngineKind.Predicted)
                continue;
            if (shard == engine.Range.ShardId)
                engine.OnThrottled(call.StartedAt);
            else
                _map.Refresh(call.StartedAt);
        }
    }

    /// <summary>The whole call failed.</summary>
    /// <param name="call">The call.</param>
    /// <param name="failure">Why.</param>
    /// <param name="sendHalves">Sends the halves of the call.</param>
    public void Failed(PutRecordsCall call, KinesisException failure, Action<IReadOnlyList<KinesisRecord>> sendHalves)
    {
        _instruments.Error(_stream, null, failure.Code);
        _events.CallFailed(_stream, failure.Code, failure.Message, call.Records.Count);
        var verdict = VerdictPolicy.OfRefused(failure.Code, failure.Message, _settings.Options.FailIfThrottled);
        if (verdict.Kind == VerdictKind.Halve && call.Records.Count > 1)
        {
            foreach (var record in call.Records)
                AddAttempt(call, record, verdict);
            sendHalves(call.Records);
            return;
        }

        foreach (var record in call.Records)
            Do(call, record, verdict.Kind == VerdictKind.Halve ? verdict with { Kind = VerdictKind.Fail } : verdict);
    }

    /// <summary>When the oldest record that waits for a map was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_awaitingMap)
            return _awaitingMap.Count == 0 ? long.MaxValue : _awaitingMap.Min(static r => r.OldestAcceptedAt);
    }

    private void Taken(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber)
    {
        var tags = KplInstruments.Tags(_stream, shardId);
        _instruments.KinesisRecordsPut.Add(1, tags);
        _instruments.KinesisRecordsDataPut.Add(record.Encoded.Length, tags);
        var verdict = Judge(record, shardId, _map.IsFreshSince(call.StartedAt));
        if (verdict.RefreshMap)
            _map.Refresh(call.StartedAt);
        if (verdict.Kind == VerdictKind.AwaitMap)
            _ = AwaitMapAsync(call, record, shardId, sequenceNumber);
        else
            Conclude(call, record, verdict, shardId, sequenceNumber);
    }

    private Verdict Judge(KinesisRecord record, string shardId, bool mapIsFresh)
    {
        var encoded = record.Encoded;
        var predicted = record.Engine.Kind == EngineKind.Predicted ? record.Engine.Range.ShardId : null;
        var range = predicted == shardId ? null : _topology.RangeOf(shardId);
        return VerdictPolicy.OfTaken(predicted, encoded.Count, encoded.LowestHash, encoded.HighestHash, shardId, range, mapIsFresh);
    }

    /// <summary>Holds the verdict until the map was read, but never beyond the record's own time-to-live.</summary>
    private async Task AwaitMapAsync(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber)
    {
        lock (_awaitingMap)
            _awaitingMap.Add(record);
        try
        {
            // A reading that was under way when the shard appeared may be too old to know it: the second one is not.
            for (var reading = 0; reading < 2 && _topology.RangeOf(shardId) is null; reading++)
            {
                var left = TimeSpan.FromTicks(Math.Max(0, record.ExpiresAt - _clock.Now));
                await _map.ReadAsync().WaitAsync(left, _clock.Time).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            // Judged by what is known: nobody can say that its consumers see it.
        }
        finally
        {
            lock (_awaitingMap)
                _awaitingMap.Remove(record);
        }

        Conclude(call, record, Judge(record, shardId, mapIsFresh: true), shardId, sequenceNumber);
    }

    private void Conclude(PutRecordsCall call, KinesisRecord record, Verdict verdict, string shardId, string sequenceNumber)
    {
        if (verdict.Kind != VerdictKind.Deliver || verdict.RefreshMap)
            _events.WrongShard(_stream, record.Engine.Range.ShardId, shardId, record.Encoded.Count, verdict.Kind != VerdictKind.Deliver);
        if (verdict.Kind == VerdictKind.Deliver)
        {
            AddAttempt(call, record, verdict);
            _ender.Deliver(record, shardId, sequenceNumber);
        }
        else
        {
            Do(call, record, verdict);
        }
    }

    /// <summary>Carries out every verdict but a delivery.</summary>
    private void Do(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        AddAttempt(call, record, verdict);
        var max = _settings.Options.MaxAttempts;
        if (verdict.Kind == VerdictKind.Fail)
        {
            _ender.Fail(record, verdict.Code!, verdict.Message);
        }
        else if (verdict.Kind == VerdictKind.Reroute || max > 0 && record.MostAttempts >= max)
        {
            _reroute(record);
        }
        else
        {
            record.NotBefore = _clock.Now + _settings.Backoff.Delay(record.Attempts!.Count, Draw()).Ticks;
            if (!record.Engine.TryTakeBack(record))
                _reroute(record);
        }
    }

    private void AddAttempt(PutRecordsCall call, KinesisRecord record, Verdict verdict) => record.Attempts = new AttemptChain(
        new Attempt(_clock.ToUtc(call.StartedAt), _clock.ToUtc(call.EndedAt), verdict.Kind == VerdictKind.Deliver ? null : verdict.Code, verdict.Message),
        record.Attempts);

    private double Draw()
    {
        lock (_random)
            return _random.NextDouble();
    }

    private void MeasureCall(PutRecordsCall call)
    {
        if (!_instruments.RequestTime.Enabled && !_instruments.KinesisRecordsPerPutRecordsRequest.Enabled)
            return;
        var tags = KplInstruments.Tags(_stream);
        _instruments.RequestTime.Record(TimeSpan.FromTicks(call.EndedAt - call.StartedAt).TotalMilliseconds, tags);
        _instruments.KinesisRecordsPerPutRecordsRequest.Record(call.Records.Count, tags);
        _instruments.UserRecordsPerPutRecordsRequest.Record(call.Records.Sum(static r => r.Encoded.Count), tags);
        foreach (var record in call.Records)
            _instruments.UserRecordsPerKinesisRecord.Record(record.Encoded.Count, KplInstruments.Tags(_stream, record.Engine.Range.ShardId));
    }
}
