using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.DeadLettering;

/// <summary>The backlog did not take all dead letters that were put again.</summary>
/// <param name="written">For each of them whether it did.</param>
internal sealed class NotAllRequeuedException(string message, bool isFull, IReadOnlyList<bool> written) : BacklogStoreException(message, isFull)
{
    /// <summary>Gets for each whether it was taken, in the order in which they were put.</summary>
    public IReadOnlyList<bool> Written => written;
}
