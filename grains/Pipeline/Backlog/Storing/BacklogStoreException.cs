namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>The store of the backlog did not do what it was asked.</summary>
/// <param name="message">What happened, for people.</param>
/// <param name="isFull">There is no space: disk full, quota.</param>
/// <param name="inner">What the store said.</param>
internal class BacklogStoreException(string message, bool isFull = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>There is no space: trying again helps only when some is made.</summary>
    public bool IsFull => isFull;
}

/// <summary>Another process owns the log now: whoever meets this stops writing at once.</summary>
internal sealed class BacklogFencedException(string message, Exception? inner = null) : BacklogStoreException(message, inner: inner);
