using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>Routes records from the backlog into the engines of their shards.</summary>
internal interface IBatchRouter
{
    /// <summary>Routes accepted records. The batch can be reused afterwards.</summary>
    void RouteStored(PreparedBatch batch);
}
