using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>
/// When awaited, lets all work that is queued to the thread pool go first. Unlike a yield it does not return to the caller's context.
/// </summary>
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
