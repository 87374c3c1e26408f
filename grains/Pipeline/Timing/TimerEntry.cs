namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>An object that a timer wakes: one entry per owner, which is moved instead of created anew.</summary>
internal abstract class TimerEntry
{
    /// <summary>When it is due; only the queue writes it.</summary>
    internal long Due = long.MaxValue;

    /// <summary>Its index in the queue's heap; −1 when it is not armed.</summary>
    internal int HeapIndex = -1;

    /// <summary>Among entries due at the same instant, lower ranks are woken first: engines close before senders send.</summary>
    internal abstract int Rank { get; }

    /// <summary>Handles the wake-up, on a pool thread and outside every lock of the queue.</summary>
    internal abstract void OnDue(long now);
}
