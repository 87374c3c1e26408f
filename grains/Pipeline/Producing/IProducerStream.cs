using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>One stream of a producer, as far as every producer treats its streams alike. No record passes through this interface.</summary>
internal interface IProducerStream : IMeasuredStream
{
    /// <summary>When the oldest record that has no outcome yet was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt();

    /// <summary>Sends every record accepted before this call without linger, and completes when each has its outcome.</summary>
    Task FlushAsync();

    /// <summary>Sends records that would otherwise linger, where that frees memory for a waiting caller.</summary>
    void Relieve();

    /// <summary>Rejects every caller that waits for memory.</summary>
    void RejectWaiters(Exception reason);
}
