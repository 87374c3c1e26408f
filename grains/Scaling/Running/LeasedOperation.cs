using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>The intent of a stream as its holder last wrote it. Each write replaces exactly that version, so two holders never both continue.</summary>
internal sealed class LeasedOperation(IStateStore store, StateRow row, ReshardOperation operation, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private long _version = row.Version;

    public ReshardOperation Operation { get; private set; } = operation;

    /// <summary>Saves the operation and returns when it is saved. A store that does not answer is waited for.</summary>
    /// <exception cref="OperationLostException">Another process holds it.</exception>
    public async Task SaveAsync(ReshardOperation operation, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(operation, Operation))
            return;
        var text = operation.ToJson();
        while (true)
        {
            try
            {
                var written = await store.WriteAsync(row.Kind, row.Key, _version, text, cancellationToken).ConfigureAwait(false);
                // A write that seemed to fail may have been made: then the row already has this text.
                written ??= await store.ReadAsync(row.Kind, row.Key, cancellationToken).ConfigureAwait(false) is { } there && there.Text == text ? there : null;
                _version = written?.Version ?? throw new OperationLostException($"{operation.Id} of {operation.Stream} is run by somebody else, or was ended.");
                Operation = operation;
                return;
            }
            catch (StateStoreException)
            {
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Deletes the intent: the operation has ended and is in the history.</summary>
    public Task DeleteAsync(CancellationToken cancellationToken) => store.DeleteAsync(row.Kind, row.Key, _version, cancellationToken);
}

/// <summary>Another process has written the intent: the process that catches this must not continue.</summary>
internal sealed class OperationLostException(string message) : Exception(message);
