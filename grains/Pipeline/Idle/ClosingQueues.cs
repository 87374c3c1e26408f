using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Idle;

/// <summary>
/// The puts that came while their ordered streams were closed, or were closing: they go in one after the other, in the order they came, and before all later
/// ones. Without it, those that wait for the end of a closing would go in as the thread pool resumes them.
/// </summary>
internal sealed class ClosingQueues
{
    private readonly ConcurrentDictionary<string, WaitingPut> _last = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private volatile int _count;

    /// <summary>Whether no put waits.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Whether puts of the stream wait: a later one goes behind them.</summary>
    public bool Has(string stream) => _count > 0 && _last.ContainsKey(stream);

    /// <summary>Goes to the end of the stream's queue.</summary>
    public WaitingPut Join(string stream)
    {
        lock (_lock)
        {
            var put = new WaitingPut(this, stream, _last.TryGetValue(stream, out var last) ? last.Over : Task.CompletedTask);
            _last[stream] = put;
            _count = _last.Count;
            return put;
        }
    }

    private void Leave(WaitingPut put)
    {
        lock (_lock)
        {
            // Nobody has come since: what comes from here on needs no queue.
            _last.TryRemove(KeyValuePair.Create(put.Stream, put));
            _count = _last.Count;
        }
    }

    /// <summary>A put that waits; disposed once it has gone in, or was refused.</summary>
    internal sealed class WaitingPut(ClosingQueues queues, string stream, Task before) : IDisposable
    {
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Stream => stream;

        /// <summary>Completes when all those before have gone in.</summary>
        public Task Before => before;

        /// <summary>Completes when this one has gone in too.</summary>
        public Task Over => _over.Task;

        /// <summary>Leaves the queue. Those behind it do not pass those before it, though its own caller waits no longer.</summary>
        public void Dispose() => _ = LeaveAsync();

        private async Task LeaveAsync()
        {
            await before.ConfigureAwait(false);
            queues.Leave(this);
            _over.SetResult();
        }
    }
}
