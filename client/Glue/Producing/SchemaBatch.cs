namespace Orleans.Kpl.Glue.Producing;

/// <summary>A batch of which the schema refused some records: their results stand at their positions.</summary>
internal sealed class SchemaBatch : EnqueuedBatch
{
    private readonly EnqueuedBatch _accepted;
    private readonly SortedList<int, RecordResult> _refused;
    private RecordResult[]? _results;

    public SchemaBatch(EnqueuedBatch accepted, SortedList<int, RecordResult> refused)
    {
        (_accepted, _refused) = (accepted, refused);
        Delivery = DeliverAsync();
    }

    public override Task<IReadOnlyList<RecordResult>> Delivery { get; }

    public override ReadOnlySpan<RecordResult> Results =>
        Volatile.Read(ref _results) ?? throw new InvalidOperationException("some record of the batch has not ended yet");

    public override int Count => _accepted.Count + _refused.Count;

    /// <summary>Puts the results of refused records between those of the others.</summary>
    public static RecordResult[] Join(ReadOnlySpan<RecordResult> accepted, SortedList<int, RecordResult> refused)
    {
        var all = new RecordResult[accepted.Length + refused.Count];
        for (int i = 0, next = 0; i < all.Length; i++)
            all[i] = refused.TryGetValue(i, out var result) ? result : accepted[next++];
        return all;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _accepted.Dispose();
    }

    private async Task<IReadOnlyList<RecordResult>> DeliverAsync()
    {
        await _accepted.Delivery.ConfigureAwait(false);
        Volatile.Write(ref _results, Join(_accepted.Results, _refused));
        return this;
    }
}
