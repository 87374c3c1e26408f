using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Capacities;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Reads and changes the capacity of one stream, and sets its warm throughput back when that was asked for.</summary>
internal sealed class CapacityAdministrator(IManagedStream stream, OperationStore operations, AdminServices services) : IAsyncDisposable
{
    /// <summary>How often an intent is looked at, and how long a failure is waited for.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly BackgroundLoop _loop = new();
    private readonly SemaphoreSlim _changing = new(1);
    private string? _failure;

    /// <summary>Whether it waits for the time of an intent.</summary>
    public bool IsFollowing => _loop.IsRunning;

    private string Stream => stream.Target.Stream;

    public Task<StreamCapacity> GetAsync(CancellationToken cancellationToken) =>
        AdminErrors.TellAsync(async () => (await ReadAsync(cancellationToken).ConfigureAwait(false)).Capacity);

    /// <summary>Makes a change, or checks it.</summary>
    public Task<CapacityPlan> ChangeAsync(CapacityChange change, CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        ArgumentNullException.ThrowIfNull(change);
        using var turn = await _changing.EnterAsync(cancellationToken).ConfigureAwait(false);
        var (before, summary, row) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        var plan = CapacityRules.Plan(before, change, services.Time.GetUtcNow());
        if (change.For != default && plan.Notes.Count > 0 && services.StoreEndsWithProcess)
            plan = plan with { Notes = [.. plan.Notes, CapacityRules.OnlyInMemory] };
        if (change.DryRun || plan.Notes.Count == 0)
            return plan;
        if (await operations.FindAsync(cancellationToken).ConfigureAwait(false) is { Operation: { IsEnded: false } running })
            throw AdminErrors.Running(Stream, running.Id);
        if (summary.Status != "ACTIVE")
            throw AdminErrors.NotActive(Stream, summary.Status);
        // From here on it is made as a whole, whether the caller waits or not.
        await CallAsync(plan, CapacityRules.CallOf(change), summary, row).ConfigureAwait(false);
        await operations.TryNoteAsync(string.Join(" ", plan.Notes)).ConfigureAwait(false);
        return plan with { IsMade = true };
    });

    /// <summary>Waits for the time of an intent, if there is one, and sets the warm throughput back.</summary>
    /// <remarks>A later intent is found within a minute, and no time is earlier.</remarks>
    public void Follow() => _loop.Start(FollowAsync);

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private async Task<(StreamCapacity Capacity, StreamSummary Summary, StateRow? Row)> ReadAsync(CancellationToken cancellationToken)
    {
        var summary = await services.Kinesis.DescribeStreamSummaryAsync(stream.Target, cancellationToken).ConfigureAwait(false);
        var row = await services.Store.ReadAsync(WarmIntent.Kind, Stream, cancellationToken).ConfigureAwait(false);
        var intent = row is null ? null : WarmIntent.FromJson(row.Text);
        if (intent is not null && !(intent.StreamCreated == summary.CreationTime && summary.OnDemand && intent.IsInForce(summary)))
            intent = null;
        return (new StreamCapacity
        {
            Stream = Stream,
            Status = summary.Status,
            OnDemand = summary.OnDemand,
            WarmMiBPerSecond = summary.WarmMiBPerSecond,
            WarmUntil = intent?.At,
            WarmAfterwardsMiBPerSecond = intent?.Back,
            MaxRecordKiB = summary.MaxRecordSizeInKiB,
            // Not everybody may read it, and not every service has it.
            BillingCommitment = await FindAsync(
                () => services.Kinesis.DescribeCommitmentAsync(stream.Target, cancellationToken), static _ => true).ConfigureAwait(false),
        }, summary, row);
    }

    /// <summary>Calls Kinesis. The intent to set warm throughput back is written before, and taken back where the change is not made.</summary>
    private async Task CallAsync(CapacityPlan plan, CapacityCall call, StreamSummary summary, StateRow? row)
    {
        if (call is not CapacityCall.Warm warm)
        {
            await services.Kinesis.ChangeCapacityAsync(stream.Target, summary.StreamArn, call, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        var written = row;
        if (plan.After is { WarmUntil: { } at, WarmAfterwardsMiBPerSecond: { } back })
        {
            written = await TryWriteAsync(IntentOf(back, at).ToJson(), row).ConfigureAwait(false)
                ?? throw new StreamManagerException(
                    StreamManagerErrorCodes.OperationRunning, $"Somebody else is changing the warm throughput of {Stream}.");
            Follow();
        }

        try
        {
            await services.Kinesis.ChangeCapacityAsync(stream.Target, summary.StreamArn, call, CancellationToken.None).ConfigureAwait(false);
        }
        catch (KinesisException e) when (AdminErrors.IsNotMade(e) && !ReferenceEquals(written, row))
        {
            await (row is null ? (Task)DeleteAsync(written!) : TryWriteAsync(row.Text, written)).ConfigureAwait(false);
            throw;
        }

        if (plan.After.WarmUntil is null && row is not null)
            await DeleteAsync(row).ConfigureAwait(false);

        WarmIntent IntentOf(int back, DateTimeOffset at) => new(
            summary.CreationTime, warm.MiBPerSecond, back, at, Was: plan.Before.WarmUntil is null ? null : plan.Before.WarmMiBPerSecond);
    }

    /// <summary>Writes the row over the one that was read; null where another manager of the stream has written it.</summary>
    private Task<StateRow?> TryWriteAsync(string text, StateRow? over) =>
        services.Store.WriteAsync(WarmIntent.Kind, Stream, over?.Version ?? 0, text, CancellationToken.None);

    private Task<bool> DeleteAsync(StateRow row) => services.Store.DeleteAsync(row.Kind, row.Key, row.Version, CancellationToken.None);

    /// <remarks>Where it is cancelled the intent stays: the next manager of the stream goes on.</remarks>
    private async Task FollowAsync(CancellationToken stopping)
    {
        while (await TryStepAsync(stopping).ConfigureAwait(false) is { } wait)
            await Task.Delay(wait, services.Time, stopping).ConfigureAwait(false);
    }

    /// <summary>Does what is due. Returns how long to wait for more; null for no more.</summary>
    private async Task<TimeSpan?> TryStepAsync(CancellationToken stopping)
    {
        using var turn = await _changing.EnterAsync(stopping).ConfigureAwait(false);
        try
        {
            return await StepAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            services.Events.Troubled(Stream, "setting the warm throughput back", e);
            return Every;
        }
    }

    private async Task<TimeSpan?> StepAsync(CancellationToken cancellationToken)
    {
        if (await services.Store.ReadAsync(WarmIntent.Kind, Stream, cancellationToken).ConfigureAwait(false) is not { } row)
            return null;
        var intent = WarmIntent.FromJson(row.Text);
        var wait = intent.At - services.Time.GetUtcNow();
        if (wait > TimeSpan.Zero)
            return wait < Every ? wait : Every;
        var summary = await FindAsync(
            () => services.Kinesis.DescribeStreamSummaryAsync(stream.Target, cancellationToken), static e => e.Code == RecordErrorCodes.ResourceNotFound)
            .ConfigureAwait(false);
        var step = intent.Next(summary);
        if (step is { GoesOn: true, Told: null })
            return services.LookEvery;
        if (step.GoesOn)
        {
            if (await TryWriteAsync((intent with { Tries = intent.Tries + 1 }).ToJson(), row).ConfigureAwait(false) is not { } mine)
                return services.LookEvery;
            row = mine;
            if (!await TrySetBackAsync(summary!.StreamArn, intent.Back, cancellationToken).ConfigureAwait(false))
                return Every;
        }

        await operations.NoteAsync(step.Told!, cancellationToken).ConfigureAwait(false);
        await DeleteAsync(row).ConfigureAwait(false);
        _failure = null;
        return null;
    }

    /// <summary>Returns an answer of Kinesis; null for one of its refusals.</summary>
    private static async Task<T?> FindAsync<T>(Func<ValueTask<T>> ask, Predicate<KinesisException> isNone)
        where T : class?
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (KinesisException e) when (isNone(e))
        {
            return null;
        }
    }

    /// <summary>Sets the warm throughput back. The history tells of a refusal once.</summary>
    private async Task<bool> TrySetBackAsync(string arn, int back, CancellationToken cancellationToken)
    {
        try
        {
            await services.Kinesis.ChangeCapacityAsync(stream.Target, arn, new CapacityCall.Warm(back), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KinesisException e)
        {
            services.Events.Troubled(Stream, "setting the warm throughput back", e);
            if (_failure != e.Code)
            {
                await operations.NoteAsync(
                    $"The warm throughput is not set back yet, which is tried again each minute: {e.Code}: {e.Message}", cancellationToken).ConfigureAwait(false);
            }

            _failure = e.Code;
            return false;
        }
    }
}
