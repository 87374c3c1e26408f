namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>A batch whose results are there once its delivery was let go.</summary>
internal sealed class FakeBatch(RecordResult[] results, Task released) : EnqueuedBatch
{
    private readonly Task<IReadOnlyList<RecordResult>> _delivery = DeliverAsync(results, released);

    public bool IsDisposed { get; private set; }

    public override Task<IReadOnlyList<RecordResult>> Delivery => _delivery;

    public override ReadOnlySpan<RecordResult> Results => _delivery.IsCompletedSuccessfully && !IsDisposed
        ? results
        : throw new InvalidOperationException("read before delivery or after dispose");

    public override int Count => results.Length;

    protected override void Dispose(bool disposing) => IsDisposed = _delivery.IsCompleted
        ? true
        : throw new InvalidOperationException("disposed before delivery");

    private static async Task<IReadOnlyList<RecordResult>> DeliverAsync(RecordResult[] results, Task released)
    {
        await released;
        return results;
    }
}
