namespace Orleans.Kpl.Pipeline;

/// <summary>What a drain asks of a stream.</summary>
internal sealed partial class StreamPipeline
{
    /// <summary>
    /// Nothing would be lost if the process ended now: every record that has not ended is in the backlog, or goes there as the stream spills, and none is another
    /// process'.
    /// </summary>
    public bool IsKept => Ledger.InFlight is var own && _barrier.Open <= own && (own == 0 || Backlog is { Spill: not null, TakesMore: true, MustGoBehind: false });

    /// <summary>Calls are under way: ended now, they may be made again.</summary>
    public bool IsSending => _sender.HasCalls;

    /// <summary>How long a call may take.</summary>
    public TimeSpan RequestTimeout => _settings.Options.RequestTimeout;

    /// <summary>No more is replayed; completes when what came out of the backlog has ended.</summary>
    public Task DrainBacklogAsync()
    {
        if (Backlog is null)
            return Task.CompletedTask;
        var drained = Backlog.DrainAsync();
        MakeAllDue();
        return drained;
    }
}
