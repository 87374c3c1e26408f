namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>The account's shards and how many it may have.</summary>
internal static class DescribeLimits
{
    private const int OnDemandStreamLimit = 50;

    public static void Execute(OperationCall call)
    {
        var answer = call.Answer;
        answer.StartObject();
        answer.Field("ShardLimit"u8, call.Store.Settings.Options.ShardLimit);
        answer.Field("OpenShardCount"u8, call.Store.OpenShards);
        answer.Field("OnDemandStreamCount"u8, call.Store.Streams.Count(stream => stream.Mode == StreamMode.OnDemand));
        answer.Field("OnDemandStreamCountLimit"u8, OnDemandStreamLimit);
        answer.EndObject();
    }
}
