namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>An object that a timer wakes: one entry per owner, which is moved instead of created anew.</summary>
internal abstract class TimerEntry
{
    /// <summary>When it is due; only the queue writes it.</summary>
    internal long Due = long.MaxValue;

    /// <summary>The entries that it is due with; null when it is not armed. Only the queue writes it.</summary>
    internal DueTogether? Together;

    /// <summary>Its index in <see cref="Together"/>.</summary>
    internal int Place;

    /// <summary>Whether it waits to be woken.</summary>
    internal bool IsArmed => Together is not null;

    /// <summary>Among entries due at the same instant, lower ranks are woken first: engines close before senders send.</summary>
    internal abstract int Rank { get; }

    /// <summary>Handles the wake-up, on a pool thread and outside every lock of the queue.</summary>
    internal abstract void OnDue(long now);

    /// <summary>
    /// Prefetches memory that <see cref="OnDue"/> reads, because it is called soon. Not under the owner's lock: the values that it reads may be out of date.
    /// </summary>
    /// <param name="step">1, then 2 and 3 a few entries later each: each step reads only what the one before prefetched.</param>
    internal virtual void Soon(int step)
    {
    }
}
