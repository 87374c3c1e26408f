using System.Text.Json;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>
/// Carries out an operation: reads the stream, asks <see cref="OperationRules"/>, saves the decision, and performs its action. The intent is always
/// saved before Kinesis is called; a process that loses it stops at once.
/// </summary>
internal sealed class ReshardExecutor(IManagedStream stream, OperationStore store, PolicyStore policies, AdminServices services)
{
    /// <summary>Announcements are repeated after this time: silos may have joined meanwhile, and announcements are forgotten after ten minutes.</summary>
    private static readonly TimeSpan AnnounceAgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>How long senders may take to answer an announcement.</summary>
    private static readonly TimeSpan AnnounceWithin = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>How long it waits without reading whether it is to stop, and what the clock says.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private volatile string? _stopReason;
    private long? _announcedAt;

    private DateTimeOffset Now => services.Time.GetUtcNow();

    /// <summary>Requests that the operation stop before its next call.</summary>
    public void RequestStop(string reason) => _stopReason = reason;

    /// <summary>Runs an operation to its end.</summary>
    /// <exception cref="OperationLostException">Another process runs it now.</exception>
    public async Task<ReshardOperation> RunAsync(LeasedOperation held, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await LookAsync(held, cancellationToken).ConfigureAwait(false);
            // Again, for the look may have taken its time: the next call must not be made.
            await KeepStopAsync(held, cancellationToken).ConfigureAwait(false);
            var before = held.Operation;
            var turn = OperationRules.Next(before, seen, Now);
            await held.SaveAsync(turn.Operation, cancellationToken).ConfigureAwait(false);
            if (turn.Operation.Step != before.Step)
                await TryAsync("telling that shards have changed", () => stream.RefreshAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            switch (turn.Action)
            {
                case OperationAction.Announce announce:
                    var error = await AnnounceAsync(announce.Boundaries, cancellationToken).ConfigureAwait(false);
                    await held.SaveAsync(OperationRules.Announced(held.Operation, error, Now), cancellationToken).ConfigureAwait(false);
                    break;
                case OperationAction.Look look:
                    await WaitAsync(held.Operation, look.At, cancellationToken).ConfigureAwait(false);
                    break;
                case OperationAction.End end:
                    await EndAsync(held, end.Withdrawn, cancellationToken).ConfigureAwait(false);
                    return held.Operation;
                default:
                    var refusal = await CallAsync(turn.Action, cancellationToken).ConfigureAwait(false);
                    var isNotMade = refusal is not null && AdminErrors.IsNotMade(refusal);
                    var answered = OperationRules.Answered(held.Operation, refusal?.Code, refusal?.Message, Now, isNotMade);
                    await held.SaveAsync(answered, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>Moves an operation that has ended to the history. Repeating it changes nothing.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task CloseAsync(LeasedOperation held, CancellationToken cancellationToken)
    {
        // Before the intent is gone: after that nobody makes up for what is missing.
        await KeepEndAsync(held.Operation, cancellationToken).ConfigureAwait(false);
        await store.EndAsync(held, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the stream. One that cannot be read is waited for, and the history says why.</summary>
    private async Task<StreamSnapshot?> LookAsync(LeasedOperation held, CancellationToken cancellationToken)
    {
        for (string? told = null; ;)
        {
            await KeepStopAsync(held, cancellationToken).ConfigureAwait(false);
            try
            {
                return await StreamObservation.FindAsync(stream, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                var code = (e as KinesisException)?.Code ?? e.GetType().Name;
                if (told != code)
                    await held.SaveAsync(held.Operation.Log(Now, $"The stream cannot be read: {code}: {e.Message}"), cancellationToken).ConfigureAwait(false);
                told = code;
                services.Events.Troubled(stream.Target.Stream, "reading the stream", e);
                await AnnounceAgainAsync(held.Operation, cancellationToken).ConfigureAwait(false);
                await Task.Delay(Pause, services.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private Task KeepStopAsync(LeasedOperation held, CancellationToken cancellationToken) => _stopReason is { } reason
        ? held.SaveAsync(held.Operation.RequestStop(reason, Now), cancellationToken)
        : Task.CompletedTask;

    /// <returns>Why the announcement failed; null where it succeeded.</returns>
    private async Task<string?> AnnounceAsync(IReadOnlyList<UInt128> boundaries, CancellationToken cancellationToken)
    {
        _announcedAt = services.Time.GetTimestamp();
        try
        {
            if (boundaries.Count > 0)
                await stream.AnnounceAsync(boundaries, cancellationToken).Observed()
                    .WaitAsync(AnnounceWithin, services.Time, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            services.Events.Troubled(stream.Target.Stream, "announcing boundaries", e);
            return e.Message;
        }
    }

    /// <returns>Why the call failed; null where it was accepted.</returns>
    private async Task<KinesisException?> CallAsync(OperationAction action, CancellationToken cancellationToken)
    {
        try
        {
            await (action switch
            {
                OperationAction.SplitShard split => services.Kinesis.SplitShardAsync(stream.Target, split.ShardId, split.NewStartingHashKey, cancellationToken),
                OperationAction.MergeShards merge => services.Kinesis.MergeShardsAsync(stream.Target, merge.ShardId, merge.AdjacentShardId, cancellationToken),
                OperationAction.UpdateShardCount update => services.Kinesis.UpdateShardCountAsync(stream.Target, update.TargetCount, cancellationToken),
                _ => throw new InvalidOperationException($"{action} is no call"),
            }).ConfigureAwait(false);
            return null;
        }
        catch (KinesisException e)
        {
            return e;
        }
    }

    private async Task AnnounceAgainAsync(ReshardOperation operation, CancellationToken cancellationToken)
    {
        if (operation.Phase == OperationPhase.Waiting && (_announcedAt is not { } announced || services.Time.GetElapsedTime(announced) > AnnounceAgainAfter))
            await AnnounceAsync(StepEvidence.Boundaries(operation.Steps[operation.Step]), cancellationToken).ConfigureAwait(false);
    }

    private async Task WaitAsync(ReshardOperation operation, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var now = Now;
        await AnnounceAgainAsync(operation, cancellationToken).ConfigureAwait(false);
        // A postponed action keeps its time. Otherwise the stream is only read, which may happen sooner.
        var wait = at - now;
        var longest = operation.NotBefore <= now ? services.LookEvery : LongestWait;
        if (wait > longest)
            wait = longest;
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, services.Time, cancellationToken).ConfigureAwait(false);
    }

    private async Task EndAsync(LeasedOperation held, IReadOnlyList<UInt128> withdrawn, CancellationToken cancellationToken)
    {
        if (withdrawn.Count > 0)
            await TryAsync("withdrawing boundaries", () => stream.WithdrawAsync(withdrawn, cancellationToken), cancellationToken).ConfigureAwait(false);
        await TryAsync("telling that shards have changed", () => stream.RefreshAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await CloseAsync(held, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (StateStoreException e)
            {
                services.Events.Troubled(stream.Target.Stream, "keeping the history", e);
                await Task.Delay(Pause, services.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Keeps when the operation ended. A row of the policy's that cannot be read keeps no operation.</summary>
    private async Task KeepEndAsync(ReshardOperation ended, CancellationToken cancellationToken)
    {
        // It has changed nothing. After one of the policy's own the cool-down begins all the same, or the policy would begin the next within a minute.
        if (ended is { Decision: null, Calls: 0 })
            return;
        // The policy has counted its own when it began them. Of ten calls a day it must know those that others made.
        var uniformChanges = ended.Decision is null && ended.Steps[0].Kind == ReshardStepKind.UpdateShardCount ? ended.Calls : 0;
        try
        {
            await policies.ChangeStateAsync(s => s.Ended(ended.PhaseSince, uniformChanges), cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            services.Events.Troubled(stream.Target.Stream, "keeping when it ended", e);
        }
    }

    /// <summary>Runs an optional action: senders that it does not reach find out by themselves.</summary>
    private async Task TryAsync(string doing, Func<Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run().Observed().WaitAsync(AnnounceWithin, services.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            services.Events.Troubled(stream.Target.Stream, doing, e);
        }
    }
}
