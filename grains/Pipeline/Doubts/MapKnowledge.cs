using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Doubts;

/// <summary>Knows what the shard map tells, and asks it, or a search for a shard, or the stream's limits, where a verdict depends on more.</summary>
internal sealed class MapKnowledge(
    PipelineSettings settings, ShardTopology topology, ShardMapReader map, ShardSearch search, RecordLimit limit, MonotonicClock clock) : StreamKnowledge
{
    private readonly PendingVerdicts _pending = new(clock);

    /// <inheritdoc/>
    /// <remarks>
    /// If a stream was deleted and created again while nothing was sent, answers name the predicted shards, but their ranges differ. A map read while the
    /// call was under way removes that doubt. It proves nothing about answers that it cannot explain itself, because their records may have been taken
    /// after it was read.
    /// </remarks>
    public override MapTrust TrustFor(PutRecordsCall call, PutRecordsReply reply)
    {
        if (map.IsFreshSince(call.StartedAt))
            return MapTrust.Fresh;
        for (var i = 0; i < call.Records.Count; i++)
        {
            if (reply.Entries[i] is { ErrorCode: null, SequenceNumber: { } sequenceNumber, ShardId: { } shardId }
                && Contradicts(call.Records[i], shardId, sequenceNumber))
                return MapTrust.Contradicted;
        }

        return MapTrust.Uncontradicted;
    }

    public override bool Contradicts(KinesisRecord record, string shardId, string sequenceNumber) =>
        record.Engine.Kind == EngineKind.Predicted
        && Contradiction.IsThere(record.Encoded.HashKey, sequenceNumber, RangeOf(record, shardId), topology.NumbersTell);

    /// <summary>
    /// Returns the currently known range of the shard that took a record, or the range of the record's engine where the shard is not known any more.
    /// </summary>
    public override ShardRange? RangeOf(KinesisRecord record, string shardId)
    {
        var engine = record.Engine;
        if (engine.Range.ShardId != shardId)
            return topology.RangeOf(shardId);
        // Ranges do not matter for a record that travels alone, and an engine in force has the currently known range.
        if (record.Encoded.Count == 1 || topology.Current.Find(record.Encoded.HashKey) == engine)
            return engine.Range;
        return topology.RangeOf(shardId) ?? engine.Range;
    }

    public override void Refresh(long since) => map.Refresh(since);

    /// <summary>When the oldest record was accepted for which something is being learnt; <see cref="long.MaxValue"/> for none.</summary>
    public long OldestAcceptedAt() => _pending.OldestAcceptedAt();

    public override Task<Verdict> SettleAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict, string? shardId, string? sequenceNumber) =>
        verdict.Kind switch
        {
            VerdictKind.AwaitMap => AwaitMapAsync(call, record, shardId!, sequenceNumber!),
            VerdictKind.ConfirmStream => ConfirmStreamAsync(call, record, verdict),
            _ => ConfirmSizeAsync(call, record, verdict with { Kind = VerdictKind.Fail }),
        };

    /// <summary>
    /// Holds the verdict until the map explains the record's own answer. If another answer of the call was unexplained, it waits for a map that was
    /// read after the call began. While the record's own answer is unexplained, its engine sends nothing, because further records would come back
    /// too.
    /// </summary>
    private async Task<Verdict> AwaitMapAsync(PutRecordsCall call, KinesisRecord record, string shardId, string sequenceNumber)
    {
        var isStrange = Contradicts(record, shardId, sequenceNumber);
        if (isStrange)
            record.Engine.Pause();
        var explaining = search.RunAsync(
            shardId, () => !Contradicts(record, shardId, sequenceNumber) && (isStrange || map.IsFreshSince(call.StartedAt)), record.ExpiresAt);
        try
        {
            await _pending.WaitAsync(record, explaining).ConfigureAwait(false);
        }
        finally
        {
            if (isStrange)
                record.Engine.Resume();
        }

        // A shard that a fresh map does not show may be another stream's of the same name, whose own one is closed already.
        if (map.IsFreshSince(call.StartedAt) && topology.EngineOf(shardId)?.Range.SeemsOlderThan(sequenceNumber) == true)
            topology.DistrustNumbers();
        var range = Contradicts(record, shardId, sequenceNumber) ? null : RangeOf(record, shardId);
        return CallJudge.OfTaken(record, shardId, range, MapTrust.Fresh);
    }

    /// <summary>
    /// Confirms from the map whether the stream is gone or is being created again. Where the map may not be read, the answer of Kinesis is decisive.
    /// </summary>
    private async Task<Verdict> ConfirmStreamAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        if (!IsGoneSince(call.StartedAt) && !map.IsFreshSince(call.EndedAt))
            await _pending.WaitAsync(record, map.ReadAsync()).ConfigureAwait(false);
        return verdict with { Kind = IsGoneSince(call.StartedAt) ? VerdictKind.Fail : VerdictKind.Retry };
    }

    private async Task<Verdict> ConfirmSizeAsync(PutRecordsCall call, KinesisRecord record, Verdict verdict)
    {
        await _pending.WaitAsync(record, limit.LearnAgainAsync(call.StartedAt)).ConfigureAwait(false);
        var most = settings.StreamRecordBytes;
        if (record.Size <= most)
            return verdict;
        return record.Encoded.Count > 1
            ? verdict with { Kind = VerdictKind.Reroute }
            : verdict with { Code = RecordErrorCodes.RecordTooLarge, Message = $"the stream takes records of at most {most} bytes now: {verdict.Message}" };
    }

    /// <summary>Whether the stream was not there after that instant, or its map may not be read.</summary>
    private bool IsGoneSince(long instant) => map.IsMissingSince(instant) || map.IsDenied;
}

/// <summary>Kinesis records whose verdict is pending until the shard map or the stream's limits have been read.</summary>
internal sealed class PendingVerdicts(MonotonicClock clock)
{
    // .NET waits for 49 days at most. A record of the backlog may have longer.
    private const long LongestWait = 24 * TimeSpan.TicksPerDay;

    private readonly HashSet<KinesisRecord> _records = [];

    /// <summary>When the oldest user record among them was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_records)
            return _records.Count == 0 ? long.MaxValue : _records.Min(static r => r.OldestAcceptedAt);
    }

    /// <summary>Waits for the news, which never fail, but no longer than the record's own time-to-live.</summary>
    public async Task WaitAsync(KinesisRecord record, Task news)
    {
        lock (_records)
            _records.Add(record);
        var left = TimeSpan.FromTicks(Math.Clamp(record.ExpiresAt - clock.Now, 0, LongestWait));
        await news.WaitAsync(left, clock.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_records)
            _records.Remove(record);
    }
}

/// <summary>Tells which answers do not fit the shards as they are known, without side effects.</summary>
internal static class Contradiction
{
    /// <summary>
    /// The sequence numbers of a shard are less than 10^41 above its first one; those of a shard created later are higher. AWS does not
    /// document how they are made. In all examples of its guides, the second in which the shard was created counts 2^148 and each
    /// record 2^80. So 10^41 is enough for 8 × 10^16 records and is far less than a second.
    /// </summary>
    private const int SpanDigits = 41;

    /// <summary>
    /// Whether an answer contradicts the shards as they are known: they were resharded, or the stream was deleted and created again, which restarts
    /// shard numbers at 0.
    /// </summary>
    /// <param name="hashKey">The hash key that the Kinesis record was sent under.</param>
    /// <param name="sequenceNumber">The sequence number it was given.</param>
    /// <param name="taker">The range of the shard that took it; null where it is not known.</param>
    /// <param name="numbersTell">Whether sequence numbers show when a shard was created.</param>
    public static bool IsThere(UInt128 hashKey, string sequenceNumber, ShardRange? taker, bool numbersTell) =>
        taker is null || !taker.Contains(hashKey) || (numbersTell && taker.SeemsOlderThan(sequenceNumber));

    /// <summary>
    /// Whether a sequence number given under a shard's id seems to belong to a shard that was created later: then the stream was
    /// deleted and created again. False where the numbers do not tell.
    /// </summary>
    public static bool SeemsOlderThan(this ShardRange range, string sequenceNumber)
    {
        if (range.StartingSequenceNumber is not { } first || first.Length <= SpanDigits || sequenceNumber.Length != first.Length)
            return false;
        var head = sequenceNumber.AsSpan(0, first.Length - SpanDigits);
        var firstHead = first.AsSpan(0, head.Length);
        if (head.SequenceEqual(firstHead) || !ulong.TryParse(head, out var high) || !ulong.TryParse(firstHead, out var firstHigh))
            return false;
        return high > firstHigh
            && (high - firstHigh > 1 || string.CompareOrdinal(sequenceNumber, head.Length, first, head.Length, SpanDigits) >= 0);
    }
}
