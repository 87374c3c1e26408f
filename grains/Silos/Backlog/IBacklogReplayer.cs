using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>Delivers the records that other silos left in the backlog.</summary>
internal interface IBacklogReplayer
{
    /// <summary>
    /// Completes when every record in the log has been delivered or has become a dead letter. The log is closed then, whether the replay
    /// succeeded or failed.
    /// </summary>
    /// <param name="stream">The stream of the records.</param>
    /// <param name="counted">Called as soon as the records are counted in the stream's ledger.</param>
    /// <exception cref="BacklogFencedException">Another silo answers for the log now.</exception>
    /// <exception cref="ObjectDisposedException">This silo drains; undelivered records stay in the log.</exception>
    Task ReplayAsync(string stream, ISegmentLog log, Action counted);
}
