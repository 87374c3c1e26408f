namespace Orleans.Kpl;

/// <summary>Thrown when a blocking call on a record took longer than its caller allowed.</summary>
public sealed class RecordTimeoutException : TimeoutException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="isAccepted">Whether the record was accepted.</param>
    /// <param name="timeout">The time that the caller allowed.</param>
    public RecordTimeoutException(bool isAccepted, TimeSpan timeout)
        : base(isAccepted
            ? $"the record had not ended after {DurationText.Format(timeout)}; it goes on"
            : $"the record waited for room for {DurationText.Format(timeout)}, and was not accepted") => IsAccepted = isAccepted;

    /// <summary>True when the record was accepted and continues; false when it was not accepted.</summary>
    public bool IsAccepted { get; }
}

/// <summary>Thrown where a put waited for memory as long as it may; nothing of it was accepted.</summary>
internal sealed class AcceptTimeoutException(Exception? inner = null)
    : TimeoutException("there was no room for the records in the time that the put may wait; none was accepted", inner);
