using System.Collections.Concurrent;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Batches;

/// <summary>Keeps batches on their way, as many as the window allows, and hands each back when all of it has ended.</summary>
/// <param name="target">Where they go.</param>
/// <param name="window">How much may be on its way.</param>
/// <param name="time">The clock.</param>
/// <param name="ended">Told of each batch with its outcomes and the instant it was sent, one at a time.</param>
internal sealed class BatchSender(IBatchTarget target, InFlightWindow window, TimeProvider time, Action<PutBatch, DateTimeOffset> ended)
{
    private readonly ConcurrentBag<PutBatch> _free = [];
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = 1;
    private Exception? _fault;

    /// <summary>Why nothing more can be sent; null while it can.</summary>
    public CliException? Broken { get; private set; }

    /// <summary>An empty batch.</summary>
    public PutBatch Rent() => _free.TryTake(out var batch) ? batch : new PutBatch();

    /// <summary>Completes when the batch is on its way; it belongs to the sender from then on. One caller at a time.</summary>
    public async ValueTask SendAsync(PutBatch batch)
    {
        await window.EnterAsync(batch.Cost).ConfigureAwait(false);
        Interlocked.Increment(ref _open);
        var enteredAt = time.GetTimestamp();
        var sentAt = time.GetUtcNow();
        Task sending;
        try
        {
            sending = await target.StartAsync(batch).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            sending = Task.FromException(exception);
        }

        _ = ObserveAsync(batch, sending, enteredAt, sentAt);
    }

    /// <summary>Completes when every batch has ended. Nothing may be sent afterwards.</summary>
    public Task DrainAsync()
    {
        End();
        return _idle.Task;
    }

    private async Task ObserveAsync(PutBatch batch, Task sending, long enteredAt, DateTimeOffset sentAt)
    {
        try
        {
            await sending.ConfigureAwait(false);
            ThrowIfStreamIsMissing(batch.Outcomes);
        }
        catch (CliException exception)
        {
            Broken ??= exception;
        }
        catch (Exception exception)
        {
            _fault ??= exception; // Thrown by DrainAsync.
            batch.FailFrom(0, exception.GetType().Name, exception.Message);
        }

        var cost = batch.Cost;
        lock (_lock)
            ended(batch, sentAt);
        batch.Clear();
        _free.Add(batch);
        window.Leave(cost, enteredAt);
        End();
    }

    private void End()
    {
        if (Interlocked.Decrement(ref _open) > 0)
            return;
        if (_fault is null)
            _idle.SetResult();
        else
            _idle.SetException(_fault);
    }

    private static void ThrowIfStreamIsMissing(ReadOnlySpan<PutOutcome> outcomes)
    {
        foreach (ref readonly var outcome in outcomes)
        {
            if (outcome.ErrorCode is RecordErrorCodes.ResourceNotFound)
                throw CliException.NotThere($"the stream does not exist: {outcome.ErrorMessage}");
        }
    }
}
