using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Apart;

/// <summary>
/// Takes apart Kinesis records that cannot continue as they are. Members that have expired or used all their attempts fail; the others are routed
/// anew.
/// </summary>
/// <param name="trouble">Tells why the calls of the stream fail now; null where they do not.</param>
internal sealed class Rerouter(
    PipelineSettings settings, ShardTopology topology, ShardMapReader map, RecordRouter router, RecordCompleter completer, IRoadEvents events,
    MonotonicClock clock, Func<string?> trouble)
{
    /// <summary>Takes a Kinesis record apart. Called without any lock held.</summary>
    public void Reroute(KinesisRecord record)
    {
        var now = clock.Now;
        var isKept = false;
        try
        {
            isKept = record.Engine.Order?.TryKeepInPlace(record) == true;
            if (!isKept && IsExpired(record, now))
                Expire(record, now);
            else if (!isKept)
                TakeApart(record, now);
            map.EnsureFresh(now);
        }
        catch (Exception e)
        {
            // Its engine has let go of it, and has others to be taken apart.
            events.Broken(e);
            if (!isKept && !record.IsEnding)
                completer.Fail(record, e.GetType().Name, e.Message);
        }
    }

    /// <summary>Whether the time-to-live of every member is over.</summary>
    private static bool IsExpired(KinesisRecord record, long now)
    {
        foreach (var member in record.Members)
        {
            if (member.Sink.ExpiresAt > now)
                return false;
        }

        return true;
    }

    private void Expire(KinesisRecord record, long now)
    {
        var (at, why) = (clock.ToUtc(now), trouble());
        completer.Fail(record, (index, former) => Expiry.ReasonOf(record.AttemptsOf(index), at, former, why));
    }

    private void TakeApart(KinesisRecord record, long now)
    {
        var failed = new FailedMembers(completer, record.Engine);
        var reader = MemberReading.Open(record.Encoded);
        // Members that were in a call are due at once: the engine to which most go pauses, so that they leave together, once the last one has joined.
        var next = topology.Current.Find(record.Encoded.HashKey);
        next.Pause();
        try
        {
            for (var index = 0; reader.MoveNext(); index++)
            {
                var content = reader.Current;
                var member = record.Members[index];
                var attempts = record.AttemptsOf(index);
                if (WhyOver(member, attempts, now, failed.LastReason) is { } reason)
                {
                    failed.Add(content.AsRecord(member, history: null), reason);
                    continue;
                }

                // Members before it are in other hands by now, and those after it are not yet: what is thrown is about this one.
                if (TryRoute(record, content.AsRecord(member, attempts, isDueAtOnce: attempts is not null), attempts, now) is { } e)
                    failed.Add(content.AsRecord(member, history: null), FailureReason.For(attempts, e.GetType().Name, e.Message, failed.LastReason));
            }

            // All others are in other hands by now: whatever is thrown from here on, nobody may end them again.
            record.IsEnding = true;
        }
        finally
        {
            next.Resume();
        }

        failed.End();
        record.Release();
    }

    /// <summary>Routes a member anew. Returns what was thrown; null where another engine has it.</summary>
    private Exception? TryRoute(KinesisRecord record, in IncomingRecord incoming, AttemptChain? attempts, long now)
    {
        try
        {
            if (incoming.Member.Sink.GoesAloneAfter(attempts) && !settings.KeepsOrder)
                SendAlone(incoming, record.NotBefore, now);
            else
                router.RouteBack(record.Engine, incoming);
            return null;
        }
        catch (Exception e)
        {
            events.Broken(e);
            return e;
        }
    }

    /// <summary>
    /// Has a record sent in a Kinesis record of its own, from an instant on. Consumers do not filter such a record, so whichever shard takes it, it is
    /// delivered. Aggregates that the service keeps in wrong shards would make one duplicate after the other.
    /// </summary>
    private void SendAlone(in IncomingRecord incoming, long notBefore, long now)
    {
        var engine = topology.Current.Find(incoming.HashKey);
        var alone = new OpenAggregate(PipelineSettings.Alone, settings.ContainerKey, settings.AlwaysWrap);
        alone.TryAdd(incoming, now);
        var record = alone.Close(engine);
        record.NotBefore = notBefore;
        if (engine.TryTakeBack(record))
            return;
        record.Release();
        router.RouteBack(engine, incoming);
    }

    /// <summary>Returns why a member is not sent again; null when it is.</summary>
    private FailureReason? WhyOver(MemberRef member, AttemptChain? attempts, long now, FailureReason? former)
    {
        if (member.Sink.ExpiresAt <= now)
            return Expiry.ReasonOf(attempts, clock.ToUtc(now), former);
        var max = settings.Options.MaxAttempts;
        if (max <= 0 || attempts is null || attempts.Counted < max)
            return null;
        var message = $"{attempts.Attempt.ErrorMessage} (after {attempts.Counted} attempts that count, all that MaxAttempts allows)";
        return FailureReason.For(attempts, attempts.Attempt.ErrorCode!, message, former);
    }
}

/// <summary>Gathers the members of a Kinesis record that fail while other members continue, and then completes them together.</summary>
internal sealed class FailedMembers(RecordCompleter completer, ShardEngine engine)
{
    private readonly List<FailureReason> _reasons = [];
    private OpenAggregate? _members;

    /// <summary>The reason that was given most recently.</summary>
    public FailureReason? LastReason => _reasons.Count == 0 ? null : _reasons[^1];

    public void Add(in IncomingRecord member, FailureReason reason)
    {
        _members ??= new OpenAggregate(new AggregationLimits(long.MaxValue, AggregationLimits.LargestMaxSize), ContainerKey.A, alwaysWrap: true);
        if (!_members.TryAdd(member, deadline: 0))
            throw new InvalidOperationException("members of one aggregate are too large for another one");
        _reasons.Add(reason);
    }

    public void End()
    {
        if (_members is not null)
            completer.Fail(_members.Close(engine), (index, _) => _reasons[index]);
    }
}

/// <summary>Tells why records fail whose time-to-live has ended.</summary>
internal static class Expiry
{
    /// <summary>
    /// Returns the reason of one record. The expiry itself counts as an attempt, as in KPL; so the message has no number of its own that would differ from
    /// that of the attempts. A record without attempts waited for the stream's calls: the trouble is why these fail, if they do.
    /// </summary>
    public static FailureReason ReasonOf(AttemptChain? tries, DateTimeOffset at, FailureReason? former, string? trouble = null)
    {
        former = tries?.LastReason ?? former;
        if (former is { Code: RecordErrorCodes.Expired } && ReferenceEquals(former.Tries, tries) && former.Attempts[^1].EndedAt == at)
            return former;
        var message = tries is null
            ? $"the time-to-live ended before the first attempt{(trouble is null ? "" : $"; the stream's last call: {trouble}")}"
            : $"the time-to-live ended; the last attempt: {tries.Attempt.ErrorCode}: {tries.Attempt.ErrorMessage}";
        var end = new Attempt { StartedAt = at, EndedAt = at, ErrorCode = RecordErrorCodes.Expired, ErrorMessage = message };
        return new FailureReason(tries, [.. AttemptChain.ToArray(tries), end], RecordStatus.Failed, RecordErrorCodes.Expired, message).Remembered();
    }
}
