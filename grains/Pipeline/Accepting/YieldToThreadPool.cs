using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>Awaited, it lets everything go first that is queued to the thread pool. Unlike a yield it comes back to no context of the caller.</summary>
internal readonly struct YieldToThreadPool : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public YieldToThreadPool GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static c => c(), continuation, preferLocal: false);

    public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static c => c(), continuation, preferLocal: false);
}
