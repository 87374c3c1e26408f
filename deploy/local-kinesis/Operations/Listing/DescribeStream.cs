using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>A stream and its shards, the latter page by page.</summary>
internal static class DescribeStream
{
    private const int DefaultPage = 100;

    public static void Execute(OperationCall call)
    {
        var (limit, after) = (call.Fields.Int("Limit"), call.Fields.String("ExclusiveStartShardId"));
        var constraints = new Constraints();
        constraints.Range(limit, "limit", 1, 10_000);
        constraints.Name(after, "exclusiveStartShardId");
        constraints.ThrowIfAny();
        var stream = call.Stream();
        ShardView view;
        lock (stream.Gate) view = new(stream, call);
        var page = ShardFilter.Parse(call.Fields).Apply(view).Take((limit ?? DefaultPage) + 1).ToList();
        var more = page.Count > (limit ?? DefaultPage);
        if (more) page.RemoveAt(page.Count - 1);
        var answer = call.Answer;
        answer.StartObject();
        answer.Name("StreamDescription"u8);
        answer.StartObject();
        StreamDetails.WriteIdentity(answer, stream);
        StreamDetails.WriteSettings(answer, stream);
        answer.Name("Shards"u8);
        answer.StartArray();
        foreach (var shard in page) view.Write(answer, shard);
        answer.EndArray();
        answer.Field("HasMoreShards"u8, more);
        answer.EndObject();
        answer.EndObject();
    }
}
