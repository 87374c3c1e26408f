using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Orleans.Kpl;

/// <summary>Puts an asynchronous sequence: one task reads and accepts it batch by batch, while the caller reads the results.</summary>
/// <param name="left">Cancelled when nobody reads results any more, and when no more can be accepted.</param>
internal sealed class SequencePut(IKplProducer producer, string stream, PutOptions? options, CancellationTokenSource left)
{
    /// <summary>The most records without a result that was read. As many as 500,000 a second with a tenth of a second of linger.</summary>
    private const int MostAhead = 50_000;

    /// <summary>A batch ends here, so that no more than this waits for memory beside what the producer has.</summary>
    private const int MostRecords = 500;
    private const long MostBytes = 1 << 20;

    private readonly Channel<EnqueuedBatch> _accepted =
        Channel.CreateUnbounded<EnqueuedBatch>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly SemaphoreSlim _ahead = new(MostAhead);
    private readonly UserRecord[] _batch = new UserRecord[MostRecords];
    private int _count;
    private long _bytes;

    public static async IAsyncEnumerable<RecordResult> RunAsync(
        IKplProducer producer, string stream, IAsyncEnumerable<UserRecord> records, PutOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var put = new SequencePut(producer, stream, options, left);
        var accepting = put.AcceptAllAsync(records, left.Token, cancellationToken);
        try
        {
            // Not cancelled: what was accepted has a result, and the caller has a right to it.
            await foreach (var batch in put._accepted.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                await batch.Delivery.ConfigureAwait(false);
                var isWhole = true;
                for (var i = 0; i < batch.Count; i++)
                {
                    var result = batch[i];
                    isWhole &= result.IsSuccess;
                    put._ahead.Release();
                    yield return result;
                }

                // The record of a failed result is readable only until its batch is disposed.
                if (isWhole)
                    batch.Dispose();
            }

            await accepting.ConfigureAwait(false);
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false);
            await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            put._ahead.Dispose();
        }
    }

    /// <summary>Reads the sequence to its end. Whatever ends it, the reader of the results gets all that was accepted first.</summary>
    /// <param name="cancellationToken">Cancelled by the caller, and when nobody reads results any more.</param>
    /// <param name="callers">The caller's own token, which an exception names.</param>
    private async Task AcceptAllAsync(IAsyncEnumerable<UserRecord> records, CancellationToken cancellationToken, CancellationToken callers)
    {
        // A sequence that has everything at once must not hold the caller's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var source = records.GetAsyncEnumerator(cancellationToken);
            await using (source.ConfigureAwait(false))
                await ReadAllAsync(source, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (callers.IsCancellationRequested)
        {
            throw new OperationCanceledException(callers);
        }
        finally
        {
            _accepted.Writer.Complete();
        }
    }

    private async Task ReadAllAsync(IAsyncEnumerator<UserRecord> source, CancellationToken cancellationToken)
    {
        try
        {
            while (await MoveNextAsync(source, cancellationToken).ConfigureAwait(false))
            {
                var record = source.Current;
                _batch[_count++] = record;
                _bytes += record.Data.Length;
                if (_count == MostRecords || _bytes >= MostBytes)
                    await AcceptAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The sequence threw. What it gave before is put: the caller counts on it.
            await AcceptAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }

        await AcceptAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves to the next record. Those that were read do not wait for one that is not there yet.</summary>
    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<UserRecord> source, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_ahead.Wait(0, cancellationToken))
        {
            await AcceptAsync(cancellationToken).ConfigureAwait(false);
            await _ahead.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var moving = source.MoveNextAsync();
        if (moving.IsCompleted)
            return await moving.ConfigureAwait(false);
        var moved = moving.AsTask();
        try
        {
            await AcceptAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // A sequence must not be disposed while it moves, and this one may have nothing more to give for hours.
            await left.CancelAsync().ConfigureAwait(false);
            await ((Task)moved).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await moved.ConfigureAwait(false);
    }

    private async ValueTask AcceptAsync(CancellationToken cancellationToken)
    {
        if (_count == 0)
            return;
        var count = _count;
        (_count, _bytes) = (0, 0);
        _accepted.Writer.TryWrite(await producer.EnqueueAsync(stream, _batch.AsMemory(0, count), options, cancellationToken).ConfigureAwait(false));
        Array.Clear(_batch, 0, count);
    }
}
