using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>The services that all parts of one stream's backlog share.</summary>
internal sealed class BacklogContext(
    string stream, PipelineSettings settings, PipelineServices services, BacklogServices backlog, BacklogLedger ledger)
{
    private readonly CancellationTokenSource _stop = new();

    public string Stream => stream;

    public PipelineSettings Settings => settings;

    public PipelineServices Services => services;

    /// <summary>Counts the outcomes of the stream's records.</summary>
    public BacklogLedger Ledger => ledger;

    public BacklogServices Backlog => backlog;

    public IBacklogStore Store => Backlog.Store;

    public MonotonicClock Clock => services.Clock;

    public IPipelineEvents Events => services.Events;

    public StoreTroubles Troubles { get; } = new(stream, services.Events);

    /// <summary>Cancelled when the backlog closes: calls to the store are no longer waited for.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Gets the wall clock's time, in unix milliseconds.</summary>
    public long UnixNow => Clock.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Converts a past instant of the clock to unix milliseconds, as the wall clock shows them now: it may have been set since the start.</summary>
    public long ToUnix(long instant) => UnixNow - (long)Clock.AgeOf(instant).TotalMilliseconds;

    /// <summary>
    /// Returns how old the oldest record of a segment is; zero where that is not known. The wall clock may have been set while it waited: it tells the age only
    /// of what an earlier process kept.
    /// </summary>
    public TimeSpan AgeOf(LogSegment segment) =>
        segment.OpenedAt < long.MaxValue ? Clock.AgeOf(segment.OpenedAt) : TimeSpan.FromMilliseconds(Math.Max(0, UnixNow - segment.OldestAt));

    /// <summary>Counts records of an earlier process that were found in the backlog.</summary>
    public void Found(long count)
    {
        Ledger.Found(count);
        if (count > 0)
            Services.Instruments.Received(Stream, count);
    }

    /// <summary>Counts dead letters that an earlier process had set aside.</summary>
    public void FoundDeadLetters(int count)
    {
        Ledger.FoundDeadLetters(count);
        if (count > 0)
            Services.Instruments.Received(Stream, count);
    }

    /// <summary>Counts dead letters that were accepted anew, as the ledger has them. Those that were refused were not accepted after all.</summary>
    public void PutAgain(int count, int refused)
    {
        Ledger.Accepted(-refused);
        if (count > refused)
            Services.Instruments.Received(Stream, count - refused);
    }

    /// <summary>Counts records of the backlog that another process took over, or that cannot be read: their outcome is not known here.</summary>
    public void Lost(long count)
    {
        Ledger.FromBacklogToUnknown(count);
        if (count > 0)
            Services.Instruments.Failed(Stream, shardId: null, RecordStatus.Unknown, code: null, count);
    }

    public Task StopAsync() => _stop.CancelAsync();
}
