namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>The store of the backlog failed to do what was requested.</summary>
/// <param name="message">What happened, for people.</param>
/// <param name="isFull">Whether there is no space: disk full, quota.</param>
/// <param name="inner">The error of the store.</param>
internal class BacklogStoreException(string message, bool isFull = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Gets whether there is no space: trying again helps only when space is freed.</summary>
    public bool IsFull => isFull;
}

/// <summary>Another process owns the log now: the process that catches this stops writing at once.</summary>
internal sealed class BacklogFencedException(string message, Exception? inner = null) : BacklogStoreException(message, inner: inner);
