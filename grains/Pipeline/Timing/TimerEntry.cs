namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>Something that wants to be woken: one entry per owner, moved rather than made anew.</summary>
internal abstract class TimerEntry
{
    /// <summary>When it is due; only the queue writes it.</summary>
    internal long Due = long.MaxValue;

    /// <summary>Its place in the queue's heap; −1 when it is not armed.</summary>
    internal int HeapIndex = -1;

    /// <summary>Among entries due at the same instant, lower ranks are woken first: engines close before senders send.</summary>
    internal abstract int Rank { get; }

    /// <summary>Woken, on a pool thread, outside every lock of the queue.</summary>
    internal abstract void OnDue(long now);
}
