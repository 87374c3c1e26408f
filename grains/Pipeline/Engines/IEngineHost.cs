namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>What a shard engine needs of the stream it belongs to.</summary>
internal interface IEngineHost
{
    /// <summary>A Kinesis record has its tokens: it goes to the collector. Called under the engine's lock.</summary>
    void Collect(KinesisRecord record);

    /// <summary>Takes a Kinesis record apart: expired members end, the others are routed anew. Called outside every lock.</summary>
    void Reroute(KinesisRecord record);
}
