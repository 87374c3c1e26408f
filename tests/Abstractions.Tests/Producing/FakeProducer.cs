namespace Orleans.Kpl.Abstractions.Tests.Producing;

/// <summary>A producer whose records end, and whose room appears, when a test says so. Its awaits capture the context on purpose.</summary>
internal sealed class FakeProducer : IKplProducer
{
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource<RecordResult>> _open = [];
    private readonly TaskCompletionSource _memory = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeProducer(bool hasRoom = true, bool deliversAtOnce = false)
    {
        DeliversAtOnce = deliversAtOnce;
        if (hasRoom)
            _memory.SetResult();
    }

    public bool DeliversAtOnce { get; }

    public int Accepted { get; private set; }

    public int Disposals { get; private set; }

    public bool FlushWasCancelled { get; private set; }

    public long OutstandingRecords
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    public long OutstandingBytes => 0;

    public TimeSpan OldestRecordAge => TimeSpan.Zero;

    public event Action<RecordFailure>? RecordFailed
    {
        add => throw new NotSupportedException();
        remove => throw new NotSupportedException();
    }

    public static RecordResult Delivered { get; } = RecordResult.Delivered("shardId-000000000000", "1", 0, []);

    public void MakeRoom() => _memory.SetResult();

    public void EndAll()
    {
        lock (_lock)
        {
            foreach (var open in _open)
                open.SetResult(Delivered);
            _open.Clear();
        }
    }

    public void EndDisposal() => _drained.SetResult();

    public async ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Disposals > 0, this);
        if (record.PartitionKey.Length == 0)
            throw new RecordValidationException(RecordErrorCodes.InvalidPartitionKey, "empty");

        // Yields, and comes back to the caller's context: a careless producer, which the façade must survive.
        await Task.Yield();
        await _memory.Task.WaitAsync(cancellationToken);
        var end = new TaskCompletionSource<RecordResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            Accepted++;
            if (DeliversAtOnce)
                end.SetResult(Delivered);
            else
                _open.Add(end);
        }

        return new(end.Task);
    }

    public async ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        await _memory.Task.WaitAsync(cancellationToken);
        return new FakeBatch(records.Length);
    }

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        await (await EnqueueAsync(stream, record, options, cancellationToken)).Delivery;

    public ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public async Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        Task[] open;
        lock (_lock)
            open = [.. _open.Select(o => o.Task)];
        try
        {
            await Task.WhenAll(open).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            FlushWasCancelled = true;
            throw;
        }
    }

    public StreamLedger GetLedger(string stream) => default;

    public async ValueTask DisposeAsync()
    {
        Disposals++;
        await _drained.Task;
    }

    private sealed class FakeBatch(int count) : EnqueuedBatch
    {
        private readonly RecordResult[] _results = [.. Enumerable.Repeat(FakeProducer.Delivered, count)];

        public override Task<IReadOnlyList<RecordResult>> Delivery => Task.FromResult<IReadOnlyList<RecordResult>>(_results);

        public override ReadOnlySpan<RecordResult> Results => _results;

        public override int Count => count;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
