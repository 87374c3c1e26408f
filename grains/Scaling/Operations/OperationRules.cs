using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>
/// Decides how an operation proceeds. Pure: the same operation, stream and time give the same decision, so it can be repeated after a restart or by
/// another process. The open shards count more than the saved state: a step whose result is visible is done, whoever did it.
/// </summary>
internal static class OperationRules
{
    /// <summary>The number of failed calls of one step after which the operation fails.</summary>
    public const int MostFailures = 10;

    /// <summary>How long a stream may stay UPDATING in one step before the operation fails. UpdateShardCount takes hours on large streams.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(24);

    /// <summary>When the stream is read again at the latest while it is UPDATING, and how long a call waits that met another change.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>How long ListShards may lag behind ACTIVE before an accepted call counts as not done.</summary>
    public static readonly TimeSpan ListingLag = TimeSpan.FromMinutes(1);

    /// <summary>How old the announcement of a step may be when Kinesis is called: senders forget it after ten minutes.</summary>
    public static readonly TimeSpan AnnouncedFor = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(5);

    /// <summary>Decides the next action.</summary>
    /// <param name="seen">The stream as it was just read; null where there is none.</param>
    public static OperationDecision Next(ReshardOperation operation, StreamSnapshot? seen, DateTimeOffset now)
    {
        if (operation.IsEnded)
            return Ended(operation);
        if (UnfitReason(operation, seen?.Summary) is { } reason)
            return End(operation, OperationPhase.Stopped, reason, now);
        // A phase of a clock that was ahead begins with this look, or its age would stay below all limits until that time comes.
        if (operation.PhaseSince > now)
            operation = operation with { PhaseSince = now };
        if (seen!.Summary.Status != "ACTIVE" || seen.Shards.Count == 0)
        {
            if (operation.ActiveSince is not null)
                operation = operation with { ActiveSince = null };
            return now - operation.PhaseSince > LongestWait
                ? End(operation, OperationPhase.Failed, $"The stream has been {seen.Summary.Status} for longer than {LongestWait.TotalHours:0} hours.", now)
                : Look(operation, now);
        }

        var step = operation.Steps[operation.Step];
        if (StepEvidence.IsDone(step, seen.Shards, operation.Phase == OperationPhase.Waiting && now - operation.PhaseSince >= ListingLag))
            return StepDone(operation, step, seen, now);
        if (operation.Phase == OperationPhase.Waiting)
        {
            if (!(operation.ActiveSince <= now))
                operation = operation with { ActiveSince = now };
            if (now - operation.ActiveSince < ListingLag)
                return Look(operation, now);
            operation = Fail(operation, "The stream is ACTIVE and its shards do not show the change.", now);
            return operation.IsEnded ? Ended(operation) : new(operation, new OperationAction.Look(operation.NotBefore));
        }

        if (operation.IsStopRequested)
        {
            // A call without an answer may have been made. A look at once would not show it yet.
            return now < operation.NotBefore && now - operation.PhaseSince < LookEvery
                ? Look(operation, now)
                : End(operation, OperationPhase.Stopped, $"Stopped as requested, after {operation.Step} of {operation.Steps.Count} steps.", now);
        }

        // One that is further away was written by a clock that was ahead, or has been set back since.
        if (now < operation.NotBefore && operation.NotBefore - now <= LongestBackoff)
            return new(operation, new OperationAction.Look(operation.NotBefore));
        // Kinesis or the store gave no answer for that long.
        if (operation.Phase == OperationPhase.Calling && now - operation.PhaseSince > AnnouncedFor)
            operation = Enter(operation, OperationPhase.Announcing, now);
        return operation.Phase == OperationPhase.Announcing ? Announce(operation, step) : Call(operation, step, seen, now);
    }

    /// <summary>Returns the operation after another process took it over. A call whose answer is not known may have been made; the shards will show.</summary>
    public static ReshardOperation TakenOver(ReshardOperation operation, DateTimeOffset now)
    {
        if (operation.IsEnded)
            return operation;
        // A row that a former version saved has no count of its calls.
        operation = operation with { Calls = Math.Max(operation.Calls, operation.Step + (operation.Phase == OperationPhase.Waiting ? 1 : 0)) };
        return (operation.Phase == OperationPhase.Calling ? Enter(Called(operation), OperationPhase.Announcing, now) : operation).Log(now, "Taken over.");
    }

    /// <summary>
    /// Returns the operation after an announcement. All senders know the boundaries if <paramref name="error"/> is null; otherwise the announcement
    /// is retried later.
    /// </summary>
    public static ReshardOperation Announced(ReshardOperation operation, string? error, DateTimeOffset now)
    {
        if (operation.Phase != OperationPhase.Announcing)
            return operation;
        return error is null
            ? Enter(operation, OperationPhase.Calling, now)
            : Fail(operation, $"Boundaries could not be announced: {error}", now);
    }

    /// <summary>Returns the operation after Kinesis answered the call of the current step.</summary>
    /// <param name="code">The error's code; null where the call was accepted.</param>
    /// <param name="isNotMade">Whether Kinesis has certainly not accepted it.</param>
    public static ReshardOperation Answered(ReshardOperation operation, string? code, string? message, DateTimeOffset now, bool isNotMade = false)
    {
        if (operation.Phase != OperationPhase.Calling)
            return operation;
        operation = isNotMade ? operation : Called(operation);
        var step = operation.Steps[operation.Step];
        switch (code)
        {
            case null:
                return Enter(operation, OperationPhase.Waiting, now).Log(now, $"Accepted: {step}.");
            case "ResourceInUseException":
                return Again(operation, now + LookEvery, now).Log(now, $"{code}: another change is running, the step waits for it. {message}");
            case "AccessDeniedException" or "ValidationException":
                var ended = operation with { Phase = OperationPhase.Failed, PhaseSince = now };
                return ended.Log(now, $"Kinesis refuses the {step}: {code}: {message}");
            default:
                // Quotas (LimitExceededException: too many streams at once, calls or shards of a day), a shard that is closed by now, and whatever leaves it
                // open whether the call was made: time-outs, lost connections, HTTP 5xx. The shards will show.
                return Fail(operation, $"{code}: {message}", now);
        }
    }

    private static string? UnfitReason(ReshardOperation operation, StreamSummary? stream)
    {
        if (stream is null or { Status: "DELETING" })
            return $"The stream {operation.Stream} is gone, or is being deleted.";
        if (stream.CreationTime != operation.StreamCreated)
            return $"The stream {operation.Stream} was created again at {stream.CreationTime:u}; the operation was for that of {operation.StreamCreated:u}.";
        return stream.OnDemand ? $"The stream {operation.Stream} has become on-demand: Kinesis reshards it itself." : null;
    }

    private static OperationDecision Announce(ReshardOperation operation, OperationStep step) =>
        new(operation, new OperationAction.Announce(StepEvidence.Boundaries(step)));

    private static OperationDecision Call(ReshardOperation operation, OperationStep step, StreamSnapshot seen, DateTimeOffset now)
    {
        if (step.Kind == ReshardStepKind.UpdateShardCount)
            return UpdateShardCount(operation, step, seen, now);
        var parents = StepEvidence.Parents(step, seen.Shards);
        if (parents.Count == 0)
        {
            var there = seen.Shards.Where(s => s.StartingHashKey <= step.End && s.EndingHashKey >= step.Start).Select(s => $"{s.ShardId} ({s.StartingHashKey} to {s.EndingHashKey})");
            return End(operation, OperationPhase.Stopped, $"The shards were changed by somebody else. Planned: {step}. There: {string.Join(", ", there.Take(4))}.", now);
        }

        return new(operation, parents.Count == 1
            ? new OperationAction.SplitShard(parents[0].ShardId, step.At)
            : new OperationAction.MergeShards(parents[0].ShardId, parents[1].ShardId));
    }

    /// <summary>The call names no shards: made on others than those that were planned for, it would undo what somebody else has done.</summary>
    private static OperationDecision UpdateShardCount(ReshardOperation operation, OperationStep step, StreamSnapshot seen, DateTimeOffset now)
    {
        var planned = operation.Step == 0 ? operation.Shards : operation.Steps[operation.Step - 1].Count;
        var there = seen.Shards.Count;
        if (planned == 0 || there == planned || there == step.Count)
            return new(operation, new OperationAction.UpdateShardCount(step.Count));
        // A call without an answer may have been made, and a listing lags.
        if (operation.Calls > operation.Step && Fail(operation, $"The stream has {there} shards; {planned} or {step.Count} were expected.", now) is { IsEnded: false } later)
            return new(later, new OperationAction.Look(later.NotBefore));
        return End(operation, OperationPhase.Stopped, $"The shards were changed by somebody else. Planned: {step} from {planned}. There: {there}.", now);
    }

    private static OperationDecision StepDone(ReshardOperation operation, OperationStep step, StreamSnapshot seen, DateTimeOffset now)
    {
        var done = operation.Phase == OperationPhase.Waiting ? $"Done: {step}." : $"Done already when looked at: {step}.";
        operation = operation.Log(now, done);
        if (operation.Step + 1 == operation.Steps.Count)
        {
            var steps = operation.Steps.Count == 1 ? "The one step is" : $"All {operation.Steps.Count} steps are";
            return End(operation, OperationPhase.Done, $"{steps} done; the stream has {seen.Shards.Count} shard{(seen.Shards.Count == 1 ? "" : "s")}.", now);
        }

        return Next(Enter(operation with { Step = operation.Step + 1, Failures = 0, NotBefore = now }, OperationPhase.Announcing, now), seen, now);
    }

    private static ReshardOperation Fail(ReshardOperation operation, string why, DateTimeOffset now)
    {
        var failures = operation.Failures + 1;
        if (failures >= MostFailures)
            return (operation with { Phase = OperationPhase.Failed, PhaseSince = now, Failures = failures })
                .Log(now, $"Given up after {failures} tries. {why}");
        var wait = TimeSpan.FromTicks(Math.Min(FirstBackoff.Ticks << (failures - 1), LongestBackoff.Ticks));
        return Again(operation with { Failures = failures }, now + wait, now).Log(now, $"{why} Tried again in {wait.TotalSeconds:0} s.");
    }

    private static ReshardOperation Called(ReshardOperation operation) => operation with { Calls = operation.Calls + 1 };

    /// <summary>Restarts the step: announcements expire.</summary>
    private static ReshardOperation Again(ReshardOperation operation, DateTimeOffset at, DateTimeOffset now) =>
        Enter(operation, OperationPhase.Announcing, now) with { NotBefore = at };

    private static ReshardOperation Enter(ReshardOperation operation, OperationPhase phase, DateTimeOffset now) =>
        operation with { Phase = phase, PhaseSince = now, ActiveSince = null };

    private static OperationDecision Look(ReshardOperation operation, DateTimeOffset now) => new(operation, new OperationAction.Look(now + LookEvery));

    private static OperationDecision End(ReshardOperation operation, OperationPhase phase, string reason, DateTimeOffset now) =>
        Ended((operation with { Phase = phase, PhaseSince = now, Reason = reason }).Log(now, reason));

    private static OperationDecision Ended(ReshardOperation operation) =>
        new(operation, new OperationAction.End(operation.Phase == OperationPhase.Done ? [] : StepEvidence.Boundaries(operation.Steps[operation.Step])));
}

/// <summary>The next action of an operation. The operation is saved first, then the runner performs the action.</summary>
internal abstract record OperationAction
{
    private OperationAction()
    {
    }

    /// <summary>Announces the starts of new shards to all senders, waits for their answers, and reports to <see cref="OperationRules.Announced"/>.</summary>
    public sealed record Announce(IReadOnlyList<UInt128> Boundaries) : OperationAction;

    /// <summary>Calls SplitShard and reports the answer to <see cref="OperationRules.Answered"/>.</summary>
    public sealed record SplitShard(string ShardId, UInt128 NewStartingHashKey) : OperationAction;

    /// <summary>Calls MergeShards and reports the answer to <see cref="OperationRules.Answered"/>.</summary>
    public sealed record MergeShards(string ShardId, string AdjacentShardId) : OperationAction;

    /// <summary>Calls UpdateShardCount and reports the answer to <see cref="OperationRules.Answered"/>.</summary>
    public sealed record UpdateShardCount(int TargetCount) : OperationAction;

    /// <summary>Reads the stream again at that time and calls <see cref="OperationRules.Next"/>.</summary>
    public sealed record Look(DateTimeOffset At) : OperationAction;

    /// <summary>Ends the operation; announced boundaries that were not made are withdrawn.</summary>
    public sealed record End(IReadOnlyList<UInt128> Withdrawn) : OperationAction;
}

/// <summary>The operation to save, and the action to perform afterwards.</summary>
internal readonly record struct OperationDecision(ReshardOperation Operation, OperationAction Action);
