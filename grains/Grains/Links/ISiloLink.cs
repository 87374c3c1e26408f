using Orleans.Kpl.Silos.Links;
using Orleans.Runtime;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Links;

/// <summary>
/// The calls between silos, one such service on each. Calls are short: when one returns, records are appended, not delivered.
/// </summary>
[Alias("Orleans.Kpl.ISiloLink")]
internal interface ISiloLink : IGrainService
{
    /// <summary>
    /// Accepts records whose shards are owned there. False when there is no memory for them: the frame has to be sent again.
    /// </summary>
    [Alias("TakeRecords"), ResponseTimeout("00:00:05")]
    Task<bool> TakeRecords(RecordsFrame frame);

    /// <summary>Takes the outcomes of records that were accepted there. Returning is the acknowledgement.</summary>
    [Alias("TakeOutcomes"), ResponseTimeout("00:00:05")]
    Task TakeOutcomes(OutcomesFrame frame);

    /// <summary>A flush: ends the linger of all records of that stream.</summary>
    [Alias("Expedite"), ResponseTimeout("00:00:05")]
    Task Expedite(string stream);

    /// <summary>Reports that the stream's shard map has changed and must be read again.</summary>
    [Alias("MapChanged"), ResponseTimeout("00:00:05")]
    Task MapChanged(string stream);

    /// <summary>
    /// Announces that new shards will start at these hash keys; returns when this silo has no record in flight that straddles one.
    /// </summary>
    [Alias("AnnounceBoundaries"), ResponseTimeout("00:01:00")]
    Task AnnounceBoundaries(string stream, UInt128[] hashKeys);

    /// <summary>Withdraws an announcement: no shards will start there.</summary>
    [Alias("WithdrawBoundaries"), ResponseTimeout("00:00:05")]
    Task WithdrawBoundaries(string stream, UInt128[] hashKeys);

    /// <summary>Returns the loads that this silo measured on the shards that it owns.</summary>
    [Alias("GetLoads"), ResponseTimeout("00:00:30")]
    Task<SiloLoads> GetLoads(string stream);

    /// <summary>
    /// Reports that a silo is about to stop and must receive nothing more. Returns when no shard is on its way there any more.
    /// </summary>
    [Alias("Leaving"), ResponseTimeout("00:00:30")]
    Task Leaving(SiloAddress silo);

    /// <summary>
    /// Reports that a leaving silo owns no shard any more: records not yet sent to it go to the new owners. Returns when nothing is under
    /// way there, so that it can stop.
    /// </summary>
    [Alias("Moved"), ResponseTimeout("00:00:05")]
    Task Moved(SiloAddress silo);

    /// <summary>Returns this silo's ledger of the stream, and its backlog.</summary>
    [Alias("GetBooks"), ResponseTimeout("00:00:30")]
    Task<SiloLedger> GetLedger(string stream);

    /// <summary>Returns this silo at a glance, with the shards that it sends for of a stream: JSON, whose members are only ever added.</summary>
    [Alias("Report"), ResponseTimeout("00:00:05")]
    Task<string> Report(string? stream);

    /// <summary>Reports that a leaving silo has given back the rest of its backlog: the silos that rendezvous picks take it over.</summary>
    [Alias("BacklogLeft"), ResponseTimeout("00:00:05")]
    Task BacklogLeft();
}
