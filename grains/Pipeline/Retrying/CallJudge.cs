using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>Asks <see cref="VerdictPolicy"/> about each Kinesis record of an answered call, and does what it says.</summary>
internal sealed class CallJudge
{
    // A shard that ListShards does not tell of yet is looked for again after 0.25, 0.5, 1 and then every 2 s.
    private static readonly TimeSpan FirstLookAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastLookAgain = TimeSpan.FromSeconds(2);

    /// <summary>How long such a shard is looked for, where no reshard was announced.</summary>
    private const long LongestSearch = 8 * TimeSpan.TicksPerSecond;

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
    private readonly RecordLimit _limit;
    private readonly HeldVerdicts _held;
    private string? _blockedBy;

    public CallJudge(
        string stream, StreamSettings settings, ShardTopology topology, MapKeeper map, RecordLimit limit, RecordEnder ender,
        KplInstruments instruments, IPipelineEvents events, MonotonicClock clock, Random random, Action<KinesisRecord> reroute)
    {
        _stream = stream;
        _settings = settings;
        _topology = topology;
        _map = map;
        _limit = limit;
        _ender = ender;
        _instruments = instruments;
        _events = events;
        _clock = clock;
        _random = random;
        _reroute = reroute;
        _held = new HeldVerdicts(clock);
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
                if (Volatile.Read(ref _blockedBy) is not null)
                    Unblocked();
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

            Blocked(code, entry.ErrorMessage);
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
        Blocked(failure.Code, failure.Message);
        var verdict = VerdictPolicy.OfFailed(failure.Code, failure.Message, _settings.Options.FailIfThrottled);
        if (verdict.Kind == VerdictKind.Halve && call.Records.Count > 1)
        {
            foreach (var record in call.Records)
                AddAttempt(call, record, verdict);
            sendHalves(call.Records);
            return;
        }

        foreach (var record in call.Records)
        {
            if (verdict.Kind == VerdictKind.Halve)
                Poison(call, record, verdict with { Kind = VerdictKind.Fail });
            else
                Do(call, record, verdict);
        }
    }

    /// <summary>When the oldest record whose verdict waits was accepted.</summary>
    public long OldestAcceptedAt() => _held.OldestAcceptedAt();

    private void Taken(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber)
    {
        var tags = KplInstruments.Tags(_stream, shardId);
        _instruments.KinesisRecordsPut.Add(1, tags);
        _instruments.KinesisRecordsDataPut.Add(record.Encoded.Length, tags);
        if (record.Engine.Taken(shardId, sequenceNumber) is { } former)
        {
            _instruments.OrderViolations.Add(1, tags);
            _events.OrderViolated(_stream, shardId, former, sequenceNumber);
        }

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

    /// <summary>
    /// Holds the verdict until the map knows the shard, which ListShards may tell seconds after the shard took its first record.
    /// Meanwhile nothing more is sent to where it was predicted: it would only come back too.
    /// </summary>
    private async Task AwaitMapAsync(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber)
    {
        record.Engine.Pause();
        await _held.WaitAsync(record, FindShardAsync(shardId, record.ExpiresAt)).ConfigureAwait(false);
        record.Engine.Resume();
        Conclude(call, record, Judge(record, shardId, mapIsFresh: true), shardId, sequenceNumber);
    }

    private async Task FindShardAsync(string shardId, long until)
    {
        if (_topology.Boundaries.Count == 0)
            until = Math.Min(until, _clock.Now + LongestSearch);
        // A reading that was under way when the shard appeared may be too old to know it: the second one follows at once.
        var wait = TimeSpan.Zero;
        var read = await _map.ReadAsync().ConfigureAwait(false);
        while (read && _topology.RangeOf(shardId) is null && _clock.Now < until)
        {
            read = await _map.ReadAfterAsync(wait).ConfigureAwait(false);
            // It may have closed before any map showed it.
            if (read && wait > TimeSpan.Zero && _topology.RangeOf(shardId) is null)
                _topology.RememberClosed(await _map.ReadClosedAsync().ConfigureAwait(false));
            wait = wait == TimeSpan.Zero ? FirstLookAgain : wait < LastLookAgain ? wait * 2 : wait;
        }
    }

    /// <summary>The map tells whether the stream is gone, or being made again; where it may not be read, Kinesis' word is all there is.</summary>
    private async Task ConfirmStreamAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        bool IsGone() => _map.IsMissingSince(call.StartedAt) || _map.IsDenied;
        for (var reading = 0; reading < 2 && !IsGone() && !_map.IsFreshSince(call.EndedAt); reading++)
        {
            if (!await _held.WaitAsync(record, _map.ReadAsync()).ConfigureAwait(false))
                break;
        }

        Do(call, record, verdict with { Kind = IsGone() ? VerdictKind.Fail : VerdictKind.Retry });
    }

    /// <summary>A Kinesis record that is refused alone. A large one may have met a limit that was lowered.</summary>
    private void Poison(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        record.Engine.GiveBack(record);
        if (record.Size > StreamSettings.DefaultMaxRecordBytes)
            _ = ConfirmSizeAsync(call, record, verdict);
        else
            Do(call, record, verdict);
    }

    private async Task ConfirmSizeAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        await _held.WaitAsync(record, _limit.LearnAgainAsync(call.StartedAt)).ConfigureAwait(false);
        var limit = _settings.StreamRecordBytes;
        if (record.Size <= limit)
            Do(call, record, verdict);
        else if (record.Encoded.Count > 1)
            Do(call, record, verdict with { Kind = VerdictKind.Reroute });
        else
            Do(call, record, verdict with { Code = RecordErrorCodes.RecordTooLarge, Message = $"the stream takes records of at most {limit} bytes now: {verdict.Message}" });
    }

    /// <summary>Told once for each state that nothing but somebody's action ends.</summary>
    private void Blocked(string code, string? message)
    {
        if (VerdictTable.Of(code).Blocks && Interlocked.Exchange(ref _blockedBy, code) != code)
            _events.StreamBlocked(_stream, code, message ?? "");
    }

    private void Unblocked()
    {
        if (Interlocked.Exchange(ref _blockedBy, null) is { } code)
            _events.StreamUnblocked(_stream, code);
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
        if (verdict.Kind == VerdictKind.ConfirmStream)
        {
            _ = ConfirmStreamAsync(call, record, verdict);
            return;
        }

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
            var wait = verdict.Kind == VerdictKind.RetrySlowly
                ? _settings.Backoff.SlowDelay(Draw())
                : _settings.Backoff.Delay(record.Attempts!.Count, Draw());
            record.NotBefore = _clock.Now + wait.Ticks;
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
