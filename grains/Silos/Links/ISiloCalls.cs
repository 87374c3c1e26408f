using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// The calls of silos to each other. They are short: when one returns, records are appended, not delivered. A call to another silo may fail
/// with any exception, whether it was carried out or not.
/// </summary>
internal interface ISiloCalls
{
    /// <summary>
    /// Accepts records whose shards are owned there. False when there is no memory for them: the frame has to be sent again. A call begins there within
    /// 5 s or not at all, since one that is late is dropped; one that has begun may end later, when nobody waits for its answer.
    /// </summary>
    Task<bool> TakeRecordsAsync(RecordsFrame frame);

    /// <summary>Takes the outcomes of records that were accepted there. Returning is the acknowledgement.</summary>
    Task TakeOutcomesAsync(OutcomesFrame frame);

    /// <summary>A flush: ends the linger of all records of that stream.</summary>
    Task ExpediteAsync(string stream);

    /// <summary>Reports that the stream's shard map has changed and must be read again.</summary>
    Task MapChangedAsync(string stream);

    /// <summary>Announces that new shards will start at these hash keys; returns when the silo has no record in flight that straddles one.</summary>
    Task AnnounceBoundariesAsync(string stream, UInt128[] hashKeys);

    /// <summary>Withdraws an announcement: no shards will start there.</summary>
    Task WithdrawBoundariesAsync(string stream, UInt128[] hashKeys);

    /// <summary>Returns the loads that the silo measured on the shards that it owns; null for those of which nothing was sent yet.</summary>
    Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>> GetLoadsAsync(string stream);

    /// <summary>Reports that a silo is about to stop and must receive nothing more. Returns when no shard is on its way there any more.</summary>
    Task LeavingAsync(SiloId silo);

    /// <summary>
    /// Reports that a leaving silo owns no shard any more: records not yet sent to it go to the new owners. Returns when nothing is under
    /// way there, so that it can stop.
    /// </summary>
    Task MovedAsync(SiloId silo);

    /// <summary>Returns the silo's ledger of the stream, and its backlog.</summary>
    Task<SiloLedger> GetLedgerAsync(string stream);

    /// <summary>Returns the silo at a glance, with the shards that it sends for of a stream; null for no stream.</summary>
    Task<ProcessReport> ReportAsync(string? stream);

    /// <summary>Returns how far the silo has given numbers of the stream's records.</summary>
    Task<LastNumbers> GetNumbersAsync(string stream);

    /// <summary>Reports that a leaving silo has given back the rest of its backlog: the silos that rendezvous picks take it over.</summary>
    Task BacklogLeftAsync();

    /// <summary>Kinesis as the silo reaches it, for a silo whose own way to it is broken.</summary>
    IKinesisRelay Kinesis { get; }
}

/// <summary>Reaches the silos of the cluster, this one too.</summary>
internal interface ISiloLinks
{
    /// <summary>Returns the calls to a silo. That it can be reached is not known yet.</summary>
    ISiloCalls To(SiloId silo);
}

/// <summary>One silo's ledger of one stream, and its backlog with the logs that it took over.</summary>
/// <param name="HoldsOthers">Whether the backlog may have records under numbers that other silos gave; null where an earlier version does not tell.</param>
/// <param name="StartedAt">When the silo began to count.</param>
internal sealed record SiloLedger(StreamLedger Ledger, BacklogStatus Backlog, bool? HoldsOthers, DateTimeOffset? StartedAt)
{
    /// <summary>Returns the sum of the backlogs of all silos.</summary>
    public static BacklogStatus Sum(IEnumerable<SiloLedger> silos) =>
        silos.Select(static s => s.Backlog).Aggregate(new BacklogStatus(), static (sum, one) => new BacklogStatus
    {
        Records = sum.Records + one.Records,
        Segments = sum.Segments + one.Segments,
        Bytes = sum.Bytes + one.Bytes,
        OldestAge = sum.OldestAge > one.OldestAge ? sum.OldestAge : one.OldestAge,
        IsSpilling = sum.IsSpilling || one.IsSpilling,
        StoreError = sum.StoreError ?? one.StoreError,
        DeadLetters = sum.DeadLetters + one.DeadLetters,
        DamagedSegments = sum.DamagedSegments + one.DamagedSegments,
        WriteUnits = sum.WriteUnits + one.WriteUnits,
        Cost = sum.Cost + one.Cost,
    });
}
