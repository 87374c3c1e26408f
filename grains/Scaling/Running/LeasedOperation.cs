using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>The intent of a stream as its holder last wrote it. Each write replaces exactly that one, so that two holders never both go on.</summary>
internal sealed class LeasedOperation(IStateStore store, StateRow row, ReshardOperation operation, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private long _version = row.Version;

    public ReshardOperation Operation { get; private set; } = operation;

    /// <summary>Keeps the operation; returns when it is kept. A store that does not answer is waited for.</summary>
    /// <exception cref="OperationLostException">Somebody else holds it.</exception>
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
                // A write that seemed to fail may have been done: then the row is ours already.
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

    /// <summary>Takes the intent away: the operation has ended and stands in the history.</summary>
    public Task DeleteAsync(CancellationToken cancellationToken) => store.DeleteAsync(row.Kind, row.Key, _version, cancellationToken);
}

/// <summary>Somebody else has written the intent: whoever gets this must not go on.</summary>
internal sealed class OperationLostException(string message) : Exception(message);
