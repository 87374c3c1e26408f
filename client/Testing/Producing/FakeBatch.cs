namespace Orleans.Kpl.Testing;

/// <summary>The results of one batch, of records that were accepted and of those that were not.</summary>
internal sealed class FakeBatch : EnqueuedBatch
{
    private readonly RecordResult[] _results;
    private bool _isDisposed;

    /// <param name="deliveries">The result of each record, at its place.</param>
    public FakeBatch(Task<RecordResult>[] deliveries)
    {
        _results = new RecordResult[deliveries.Length];
        Delivery = DeliverAsync(deliveries);
    }

    public override Task<IReadOnlyList<RecordResult>> Delivery { get; }

    public override ReadOnlySpan<RecordResult> Results
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(EnqueuedBatch));
            return Delivery.IsCompleted ? _results : throw new InvalidOperationException("not every record of the batch has ended: await Delivery first");
        }
    }

    public override int Count => _results.Length;

    protected override void Dispose(bool disposing)
    {
        if (!Delivery.IsCompleted)
            throw new InvalidOperationException("the batch is still under way: await Delivery before disposing it");
        _isDisposed = true;
    }

    private async Task<IReadOnlyList<RecordResult>> DeliverAsync(Task<RecordResult>[] deliveries)
    {
        for (var i = 0; i < deliveries.Length; i++)
            _results[i] = await deliveries[i].ConfigureAwait(false);
        return this;
    }
}
