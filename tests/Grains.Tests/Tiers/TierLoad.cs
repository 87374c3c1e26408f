namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Puts batch after batch through one front until it is told to stop, and keeps what was told of each record.</summary>
internal sealed class TierLoad
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<UserRecord> _records = [];
    private readonly List<RecordResult> _results = [];
    private readonly Task _running;
    private TaskCompletionSource _batches = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _awaited = int.MaxValue;
    private int _delivered;

    public TierLoad(IKplProducer front, int numbersFrom, int batch = 200, PutOptions? options = null)
    {
        _running = Task.Run(async () =>
        {
            for (var next = numbersFrom; !_stop.IsCancellationRequested; next += batch)
            {
                var records = Tier.Records(batch, next);
                var results = await front.PutAsync(Tier.Stream, records, options);
                lock (_records)
                {
                    _records.AddRange(records);
                    _results.AddRange(results);
                    _delivered += results.Count(static r => r.IsSuccess);
                    if (_delivered >= _awaited)
                        _batches.TrySetResult();
                }
            }
        });
    }

    public IReadOnlyList<UserRecord> Records => _records;

    public IReadOnlyList<RecordResult> Results => _results;

    /// <summary>Completes when so many more records were delivered, or the load has failed.</summary>
    public async Task EndedAsync(int more)
    {
        Task reached;
        lock (_records)
        {
            _awaited = _delivered + more;
            _batches = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            reached = _batches.Task;
        }

        await (await Task.WhenAny(reached, _running).WaitAsync(Tier.Long));
    }

    public async Task StopAsync()
    {
        _stop.Cancel();
        await _running.WaitAsync(Tier.Long);
    }
}
