using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store whose reads wait until <see cref="Release"/> is called.</summary>
internal sealed class SlowReadStore(IBacklogStore store) : DelegatingBacklogStore(store)
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reading;

    /// <summary>Whether a read has begun.</summary>
    public bool IsReading => Volatile.Read(ref _reading) > 0;

    /// <summary>From now on reads do not wait.</summary>
    public void Release() => _held.TrySetResult();

    protected override ISegmentLog Wrap(ISegmentLog log) => new Log(this, log);

    private sealed class Log(SlowReadStore store, ISegmentLog log) : DelegatingSegmentLog(log)
    {
        public override async Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref store._reading);
            await store._held.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(number, cancellationToken);
        }
    }
}
