namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>Counts the calls of all streams that are ready and wait for a thread: who makes a call sees whether others follow at once.</summary>
internal sealed class CallLine
{
    private int _waiting;
    private volatile int _together = 1;

    /// <summary>How many calls of one size are best ready together: more than one where their bodies are hashed side by side.</summary>
    public int Together
    {
        get => _together;
        set => _together = value;
    }

    /// <summary>Whether a call waits for a thread.</summary>
    public bool IsWaitedIn => Volatile.Read(ref _waiting) > 0;

    /// <summary>A call waits for a thread.</summary>
    public void Join() => Interlocked.Increment(ref _waiting);

    /// <summary>A call has its thread.</summary>
    public void Leave() => Interlocked.Decrement(ref _waiting);
}
