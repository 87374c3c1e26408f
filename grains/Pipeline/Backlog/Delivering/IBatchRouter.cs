using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>Routes records that come out of the backlog into the engines of their shards.</summary>
internal interface IBatchRouter
{
    /// <summary>Routes the records, which are accepted; the batch is free again afterwards.</summary>
    void RouteStored(PreparedBatch batch);
}
