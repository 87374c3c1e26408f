using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Runs the one operation of a stream in the background: one begun here, or one that its former runner left.</summary>
internal sealed class OperationRunner(IManagedStream stream, OperationStore store, PolicyStore policies, AdminServices services) : IAsyncDisposable
{
    private readonly Lock _lock = new();

    /// <summary>Between the write of an operation and its run nobody takes it over.</summary>
    private readonly SemaphoreSlim _beginning = new(1);

    private readonly CancellationTokenSource _stop = new();
    private ReshardExecutor? _executor;
    private string? _id;
    private Task _running = Task.CompletedTask;

    private string Stream => stream.Target.Stream;

    /// <summary>Begins an operation; false where another operation exists.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<bool> TryBeginAsync(ReshardOperation operation, CancellationToken cancellationToken)
    {
        using var turn = await _beginning.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (await store.BeginAsync(operation, cancellationToken).ConfigureAwait(false) is not { } held)
            return false;
        var begun = await StopIfOffAsync(operation, cancellationToken).ConfigureAwait(false);
        if (!begun.IsStopRequested || await TrySaveAsync(held, begun, cancellationToken).ConfigureAwait(false))
            Run(held, operation.Reason);
        return true;
    }

    /// <summary>Continues an operation that is not running here.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        using var turn = await _beginning.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (await store.FindAsync(cancellationToken).ConfigureAwait(false) is not { } held
            || Runs(held.Operation.Id) || _stop.IsCancellationRequested)
            return;
        var taken = await StopIfOffAsync(OperationRules.TakenOver(held.Operation, services.Time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
        if (await TrySaveAsync(held, taken, cancellationToken).ConfigureAwait(false))
            Run(held, "Taken over.");
    }

    /// <summary>Closes an operation that has ended: its runner is about to, or was lost just before.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public Task CloseAsync(LeasedOperation ended, CancellationToken cancellationToken) =>
        new ReshardExecutor(stream, store, policies, services).CloseAsync(ended, cancellationToken);

    /// <summary>Stops that operation before its next call, if it runs here: what the caller saw may have ended, and another one have begun.</summary>
    public void RequestStop(string id, string reason)
    {
        lock (_lock)
        {
            if (_id == id)
                _executor?.RequestStop(reason);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task running;
        lock (_lock)
            running = _running;
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private bool Runs(string id)
    {
        lock (_lock)
            return _id == id && !_running.IsCompleted;
    }

    /// <summary>
    /// Requests the stop of an operation that a policy began, if the policy is off now: whoever switched it off may have found no operation, or no runner.
    /// </summary>
    private async Task<ReshardOperation> StopIfOffAsync(ReshardOperation operation, CancellationToken cancellationToken) =>
        operation.Decision is not null && await policies.FindAsync(cancellationToken).ConfigureAwait(false) is not { Mode: not ScalingMode.Off }
            ? operation.RequestStop("The policy was switched off.", services.Time.GetUtcNow())
            : operation;

    /// <returns>False where another process was faster.</returns>
    private static async Task<bool> TrySaveAsync(LeasedOperation held, ReshardOperation operation, CancellationToken cancellationToken)
    {
        try
        {
            await held.SaveAsync(operation, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationLostException)
        {
            return false;
        }
    }

    private void Run(LeasedOperation held, string reason)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested || _id == held.Operation.Id && !_running.IsCompleted)
                return;
            var executor = new ReshardExecutor(stream, store, policies, services);
            (_executor, _id) = (executor, held.Operation.Id);
            services.Events.OperationRuns(Stream, held.Operation.Id, reason);
            _running = OwnFlow.Start(() => RunAsync(executor, held));
        }
    }

    private async Task RunAsync(ReshardExecutor executor, LeasedOperation held)
    {
        try
        {
            var ended = await executor.RunAsync(held, _stop.Token).ConfigureAwait(false);
            var told = ended.ToStreamOperation();
            services.Events.OperationEnded(Stream, ended.Id, told.State, told.Reason);
        }
        catch (OperationLostException)
        {
            services.Events.OperationTaken(Stream, held.Operation.Id);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The intent stays: the next manager of the stream continues it.
        }
        catch (Exception e)
        {
            services.Events.Troubled(Stream, $"running operation {held.Operation.Id}", e);
        }
    }
}
