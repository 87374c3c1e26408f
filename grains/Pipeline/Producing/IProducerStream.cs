namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>One stream of a producer, as far as every producer treats it alike. No record passes through here.</summary>
internal interface IProducerStream
{
    string Stream { get; }

    StreamLedger Ledger { get; }

    /// <summary>When the oldest record that has no outcome yet was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt();

    /// <summary>Completes when every record that was accepted before has its outcome; none of them lingers.</summary>
    Task FlushAsync();

    /// <summary>A caller waits for memory: sends what would otherwise linger, where that frees some.</summary>
    void Relieve();

    /// <summary>Turns away every caller that waits for memory.</summary>
    void RejectWaiters(Exception reason);
}
