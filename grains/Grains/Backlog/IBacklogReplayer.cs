using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>Delivers what other silos left behind.</summary>
internal interface IBacklogReplayer
{
    /// <summary>Completes when everything in the log is delivered or set aside; the log is closed then, whatever the end.</summary>
    /// <exception cref="BacklogFencedException">Another silo answers for the log now.</exception>
    /// <exception cref="ObjectDisposedException">This silo drains; what is left stays in the log.</exception>
    Task ReplayAsync(string stream, ISegmentLog log);
}
