using System.Collections.Concurrent;

namespace Orleans.Kpl.Abstractions.Tests.Producing;

/// <summary>A synchronization context whose work runs on one thread only, as that of a user interface.</summary>
internal sealed class SingleThreadContext : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Work, object? State)> _work = [];
    private readonly Thread _thread;

    public SingleThreadContext()
    {
        _thread = new Thread(() =>
        {
            SetSynchronizationContext(this);
            foreach (var (work, state) in _work.GetConsumingEnumerable())
                work(state);
        })
        { IsBackground = true };
        _thread.Start();
    }

    public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>Runs the work on the one thread.</summary>
    public Task<T> Run<T>(Func<T> work)
    {
        var end = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(
            _ =>
            {
                try
                {
                    end.SetResult(work());
                }
                catch (Exception error)
                {
                    end.SetException(error);
                }
            },
            null);
        return end.Task;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }
}
