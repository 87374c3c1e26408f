using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>The batch of one stream that records join, and the sender of those before it. One caller at a time.</summary>
internal sealed class StreamBatches
{
    private readonly BatchSender _sender;

    /// <param name="target">The target of the stream.</param>
    /// <param name="ended">Is called for each batch with its outcomes.</param>
    public StreamBatches(IBatchTarget target, TimeProvider time, Action<BatchSender, PutBatch> ended)
    {
        _sender = new BatchSender(target, new InFlightWindow(time), time, (batch, _) => ended(_sender!, batch));
        Open = _sender.Rent();
    }

    /// <summary>The batch that records join.</summary>
    public PutBatch Open { get; private set; }

    /// <summary>Sends the batch unless it is empty; completes when the next one may follow.</summary>
    public ValueTask SendAsync()
    {
        if (Open.Count == 0)
            return ValueTask.CompletedTask;
        var batch = Open;
        Open = _sender.Rent();
        return _sender.SendAsync(batch);
    }

    /// <summary>Completes when every batch has its outcomes. No batch may be sent afterwards.</summary>
    public Task DrainAsync() => _sender.DrainAsync();
}
