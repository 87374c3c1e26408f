using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Receiving;

/// <summary>Hands the calls of other silos to the streams they are for. One for each silo, on the thread pool.</summary>
internal sealed class LinkReceiver(ClusterProducer producer, SiloLinks links, LiveSilos silos, KplOptions options, TimeProvider time,
    ILogger<LinkReceiver> logger)
{
    private readonly ConcurrentDictionary<(SiloAddress Origin, string Stream), Inbox> _inboxes = new();

    // Separate from the memory limit of records accepted here, and as large: see Inbox.
    private readonly MemoryLimit _memory = new(options.MaxOutstandingBytes, options.MaxOutstandingRecords);

    /// <summary>Whether every outcome of other silos' records has been reported.</summary>
    public bool HasToldAll => _inboxes.Values.All(static i => i.Outcomes.IsEmpty);

    /// <summary>The memory charged for other silos' records here.</summary>
    public (long Records, long Bytes) Forwarded => (_memory.Records, _memory.Bytes);

    public bool TryTake(RecordsFrame frame)
    {
        if (silos.IsLost(frame.Origin))
            return false;
        var inbox = _inboxes.GetOrAdd((frame.Origin, frame.Stream), NewInbox);
        // If the silo was lost in between, its inbox may be a new one, which does not know which frames were accepted.
        return !silos.IsLost(frame.Origin) && inbox.TryTake(frame);
    }

    public void Take(OutcomesFrame frame) => producer.OwnersOf(frame.Stream)?.Take(frame);

    /// <summary>Handles the loss of a silo: it is gone for good and waits for no outcomes.</summary>
    public void OnLost(SiloAddress silo)
    {
        foreach (var key in _inboxes.Keys)
        {
            if (key.Origin.Equals(silo) && _inboxes.TryRemove(key, out var inbox))
                inbox.Outcomes.Stop();
        }
    }

    private Inbox NewInbox((SiloAddress Origin, string Stream) from) => new(
        producer.Find(from.Stream)
            ?? producer.GetStream(from.Stream), new OutcomeOutbox(silos.Self, from.Stream, from.Origin, links.To(from.Origin), time, logger), _memory);
}
