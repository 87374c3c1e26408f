using System.Text;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

/// <summary>Keeps what is forwarded to the owners of shards.</summary>
internal class ProbeOwners : IShardOwners
{
    /// <summary>The shard and key of each record.</summary>
    public List<(string Shard, string Key)> Forwarded { get; } = [];

    public List<string> Gone { get; } = [];

    public long OldestAcceptedAt => long.MaxValue;

    public void Forward(ShardEngine engine, in ShardRecords records)
    {
        for (var i = 0; i < records.Count; i++)
            Forwarded.Add((engine.Range.ShardId, Encoding.UTF8.GetString(records[i].PartitionKey)));
    }

    public void Opened(ShardEngine engine)
    {
    }

    public void Closed(string shardId) => Gone.Add(shardId);

    public void Expedite()
    {
    }

    public void Stop()
    {
    }
}
