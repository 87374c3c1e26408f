namespace Orleans.Kpl;

/// <summary>Thrown where a put waited for memory as long as it may; nothing of it was accepted.</summary>
internal sealed class AcceptTimeoutException(TimeSpan waited, Exception? inner = null)
    : TimeoutException($"there was no room for the records within {waited.TotalSeconds:0.###} s; none was accepted", inner);
