using Orleans.Runtime;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Links;

/// <summary>
/// What silos say to each other, one such service on each. Calls are short: records are appended, not delivered, when one returns.
/// </summary>
[Alias("Orleans.Kpl.ISiloLink")]
internal interface ISiloLink : IGrainService
{
    /// <summary>Takes records whose shards are owned there. False: there is no room, the frame has to come again.</summary>
    [Alias("TakeRecords"), ResponseTimeout("00:00:05")]
    Task<bool> TakeRecords(RecordsFrame frame);

    /// <summary>Takes the ends of records that were accepted there. Returning is the acknowledgement.</summary>
    [Alias("TakeOutcomes"), ResponseTimeout("00:00:05")]
    Task TakeOutcomes(OutcomesFrame frame);

    /// <summary>A flush: nothing of that stream waits for company any more.</summary>
    [Alias("Expedite"), ResponseTimeout("00:00:05")]
    Task Expedite(string stream);

    /// <summary>The stream's shard map has changed: it is to be read again.</summary>
    [Alias("MapChanged"), ResponseTimeout("00:00:05")]
    Task MapChanged(string stream);

    /// <summary>New shards will start there; returns when this silo has no record in flight any more that straddles one.</summary>
    [Alias("AnnounceBoundaries"), ResponseTimeout("00:01:00")]
    Task AnnounceBoundaries(string stream, UInt128[] hashKeys);

    /// <summary>No shards will start there.</summary>
    [Alias("WithdrawBoundaries"), ResponseTimeout("00:00:05")]
    Task WithdrawBoundaries(string stream, UInt128[] hashKeys);

    /// <summary>What this silo saw of the shards that it owns.</summary>
    [Alias("GetLoads"), ResponseTimeout("00:00:30")]
    Task<SiloLoads> GetLoads(string stream);

    /// <summary>That silo is about to stop: it is to be given nothing more. Returns when no shard is on its way there any more.</summary>
    [Alias("Leaving"), ResponseTimeout("00:00:30")]
    Task Leaving(SiloAddress silo);

    /// <summary>
    /// That silo, which leaves, owns no shard any more: what has not gone there goes to the new owners. Returns when nothing is under
    /// way there, so that it can stop.
    /// </summary>
    [Alias("Moved"), ResponseTimeout("00:00:05")]
    Task Moved(SiloAddress silo);

    /// <summary>What this silo has of the stream.</summary>
    [Alias("GetBooks"), ResponseTimeout("00:00:30")]
    Task<SiloLedger> GetBooks(string stream);

    /// <summary>A silo that leaves has given back what is left in its backlog: who is meant to is to take it over.</summary>
    [Alias("BacklogLeft"), ResponseTimeout("00:00:05")]
    Task BacklogLeft();
}
