using System.Text;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

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

    public void Stop(string code, string message)
    {
    }
}

/// <summary>Keeps the results that it is told, and how they were counted out.</summary>
internal sealed class ProbeSink(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    private readonly Dictionary<int, RecordResult> _results = [];

    public IReadOnlyDictionary<int, RecordResult> Results => _results;

    /// <summary>The only result there is.</summary>
    public RecordResult Result => _results.Single().Value;

    /// <summary>How many records were counted out each time.</summary>
    public List<int> Runs { get; } = [];

    /// <summary>Called as records are counted out, in place of their caller's code.</summary>
    public Action OnEnded { get; set; } = static () => { };

    public override void SetResult(int index, in RecordResult result) => _results.Add(index, result);

    public override void Complete(int count)
    {
        Runs.Add(count);
        OnEnded();
    }
}

/// <summary>The sink of records that another process accepted; it notes which of them it is given back.</summary>
internal sealed class ProbeForwardedSink(in AcceptanceTerms terms) : ForwardedSink(terms)
{
    public List<int> GivenBack { get; } = [];

    public override long ChargeElsewhere(int index) => 0;

    public override bool TryGiveBack(int index, Attempt[] attempts)
    {
        GivenBack.Add(index);
        return true;
    }

    public override void SetResult(int index, in RecordResult result)
    {
    }

    public override void Complete(int count)
    {
    }
}
