using Orleans.Kpl.Silos.Links;
using Orleans.Runtime;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Links;

/// <summary>The calls between silos, one such service on each. The calls are those of <see cref="ISiloCalls"/>.</summary>
[Alias("Orleans.Kpl.ISiloLink")]
internal interface ISiloLink : IGrainService
{
    [Alias("TakeRecords"), ResponseTimeout("00:00:05")]
    Task<bool> TakeRecords(RecordsFrame frame);

    [Alias("TakeOutcomes"), ResponseTimeout("00:00:05")]
    Task TakeOutcomes(OutcomesFrame frame);

    [Alias("Expedite"), ResponseTimeout("00:00:05")]
    Task Expedite(string stream);

    [Alias("MapChanged"), ResponseTimeout("00:00:05")]
    Task MapChanged(string stream);

    [Alias("AnnounceBoundaries"), ResponseTimeout("00:01:00")]
    Task AnnounceBoundaries(string stream, UInt128[] hashKeys);

    [Alias("WithdrawBoundaries"), ResponseTimeout("00:00:05")]
    Task WithdrawBoundaries(string stream, UInt128[] hashKeys);

    [Alias("GetLoads"), ResponseTimeout("00:00:30")]
    Task<SiloLoads> GetLoads(string stream);

    [Alias("Leaving"), ResponseTimeout("00:00:30")]
    Task Leaving(SiloAddress silo);

    [Alias("Moved"), ResponseTimeout("00:00:05")]
    Task Moved(SiloAddress silo);

    [Alias("GetBooks"), ResponseTimeout("00:00:30")]
    Task<SiloLedger> GetLedger(string stream);

    /// <summary>Returns the report as JSON, whose members are only ever added.</summary>
    [Alias("Report"), ResponseTimeout("00:00:05")]
    Task<string> Report(string? stream);

    [Alias("BacklogLeft"), ResponseTimeout("00:00:05")]
    Task BacklogLeft();
}
