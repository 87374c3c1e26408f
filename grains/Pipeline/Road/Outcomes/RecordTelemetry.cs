using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Outcomes;

/// <summary>Tells the metrics how the user records of a stream ended.</summary>
internal sealed class RecordTelemetry(string stream, KplInstruments instruments, MonotonicClock clock)
{
    private const int WaitsAtOnce = 128;

    /// <summary>The members of a Kinesis record were delivered. The owner of the shard tells it, also of records that another process accepted.</summary>
    public void Delivered(KinesisRecord record, string shardId)
    {
        var shard = instruments.Of(record.Engine.Meter, shardId);
        instruments.Put(shard, record.Members.Length, record.DataBytes);
        if (instruments.WantsAttempts)
            Attempted(record, shard);
    }

    /// <summary>A record that was accepted here did not succeed.</summary>
    /// <param name="shardId">The shard that was predicted; null where none was.</param>
    /// <param name="member">The record.</param>
    /// <param name="status">Whether it failed, or nobody knows.</param>
    /// <param name="code">Why.</param>
    public void Failed(string? shardId, MemberRef member, RecordStatus status, string code, IReadOnlyList<Attempt> attempts)
    {
        instruments.Failed(stream, shardId, status, code);
        if (instruments.WantsAttempts)
            Attempted(instruments.Of(stream, shardId), member.Sink.AcceptedAt, attempts);
    }

    /// <summary>A record that was accepted here ended in another process, which does not tell the shard of a failure.</summary>
    /// <param name="predicted">Returns the shard that is predicted for a record; null where shards are not known.</param>
    public void Ended(MemberRef member, in RecordResult result, Func<UserRecord, string?>? predicted = null)
    {
        var isFailure = !result.IsSuccess;
        var shardId = isFailure && result.Record is { } record ? predicted?.Invoke(record) : result.ShardId;
        if (isFailure)
            instruments.Failed(stream, shardId, result.Status, result.ErrorCode);
        // What a silo's neighbour delivers, the neighbour counts. A client's silos count in another role.
        var isClientsPut = instruments.Role == ProducerRole.Client && result.Status == RecordStatus.Delivered;
        if (isClientsPut)
            instruments.Put(stream, shardId, 1, bytes: 0);
        if ((isFailure || isClientsPut) && instruments.WantsAttempts)
            Attempted(instruments.Of(stream, shardId), member.Sink.AcceptedAt, result.Attempts);
    }

    private void Attempted(KinesisRecord record, ShardMeter shard)
    {
        // Members that had the same attempts are told together.
        for (int first = 0, next; first < record.Members.Length; first = next)
        {
            var history = record.HistoryOf(first);
            for (next = first + 1; next < record.Members.Length; next++)
            {
                if (!ReferenceEquals(record.HistoryOf(next), history))
                    break;
            }

            if ((history is null ? record.Attempts : record.AttemptsOf(first)) is { } attempts)
                Attempted(shard, record.Members[first..next], attempts);
        }
    }

    private void Attempted(ShardMeter shard, ReadOnlySpan<MemberRef> members, AttemptChain attempts)
    {
        instruments.Retried(shard, attempts.Count - 1, members.Length);
        var link = attempts;
        for (; link.Earlier is { } earlier; link = earlier)
            instruments.Buffered(shard, link.Attempt.StartedAt - earlier.Attempt.EndedAt, members.Length);
        WaitedForFirst(shard, members, (link.Attempt.StartedAt - clock.ToUtc(0)).Ticks);
    }

    /// <summary>With a thousand shards almost every member came in another batch and at another instant; their waits are told many at a time.</summary>
    private void WaitedForFirst(ShardMeter shard, ReadOnlySpan<MemberRef> members, long startedAt)
    {
        Span<WeightedValue> waits = stackalloc WeightedValue[Math.Min(members.Length, WaitsAtOnce)];
        var count = 0;
        for (int first = 0, next; first < members.Length; first = next)
        {
            var acceptedAt = members[first].Sink.AcceptedAt;
            for (next = first + 1; next < members.Length; next++)
            {
                if (members[next].Sink.AcceptedAt != acceptedAt)
                    break;
            }

            waits[count++] = new WeightedValue(Math.Max(0, (double)(startedAt - acceptedAt) / TimeSpan.TicksPerMillisecond), next - first);
            if (count < waits.Length)
                continue;
            instruments.Buffered(shard, waits);
            count = 0;
        }

        if (count > 0)
            instruments.Buffered(shard, waits[..count]);
    }

    private void Attempted(ShardMeter shard, long acceptedAt, IReadOnlyList<Attempt> attempts)
    {
        if (attempts.Count == 0)
            return;
        var (from, total) = (clock.ToUtc(acceptedAt), 0);
        foreach (var attempt in attempts)
        {
            instruments.Buffered(shard, attempt.StartedAt - from, 1);
            (from, total) = (attempt.EndedAt, total + attempt.Count);
        }

        instruments.Retried(shard, total - 1, 1);
    }
}
