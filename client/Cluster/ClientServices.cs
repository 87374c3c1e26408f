using Orleans.Kpl.Client.Lanes;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Client;

/// <summary>What all streams of a client share.</summary>
internal sealed class ClientServices
{
    public required ILanes Lanes { get; init; }

    public required IPipelineEvents Events { get; init; }

    public required ClientLog Log { get; init; }

    public required MonotonicClock Clock { get; init; }

    public required TimerQueue Timers { get; init; }

    public required Room Room { get; init; }

    public required FailureNotifier Notifier { get; init; }

    public required KplInstruments Instruments { get; init; }

    /// <summary>Asks silos to answer what they are given and to produce nothing.</summary>
    public bool IsCallsOnly { get; init; }

    /// <summary>Records wait for room: those on their way need not wait for company.</summary>
    public required Action Relieve { get; init; }
}
