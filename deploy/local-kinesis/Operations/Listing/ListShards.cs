using System.Globalization;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>Shards, page by page. A NextToken lives for 300 s and stands for stream and filter, so neither may come with it.</summary>
internal static class ListShards
{
    private const string Kind = "shards";
    private const int DefaultPage = 1_000;
    private const int LargestPage = 10_000;

    public static void Execute(OperationCall call)
    {
        var fields = call.Fields;
        var most = fields.Int("MaxResults");
        var constraints = new Constraints();
        constraints.Range(most, "maxResults", 1, LargestPage);
        constraints.Name(fields.String("ExclusiveStartShardId"), "exclusiveStartShardId");
        constraints.Length(fields.String("NextToken"), "nextToken", 1, 1_048_576);
        constraints.ThrowIfAny();
        var (stream, filter) = fields.String("NextToken") is { } token ? Continue(call, token) : Start(call);
        if (stream.Status is StreamStatus.Creating or StreamStatus.Deleting) throw KinesisErrors.NotActive(stream.Name, stream.Status);

        ShardView view;
        lock (stream.Gate) view = new(stream, call);
        var page = filter.Apply(view).Take((most ?? DefaultPage) + 1).ToList();
        var more = page.Count > (most ?? DefaultPage);
        if (more) page.RemoveAt(page.Count - 1);
        call.Answer.StartObject();
        call.Answer.Name("Shards"u8);
        call.Answer.StartArray();
        foreach (var shard in page) view.Write(call.Answer, shard);
        call.Answer.EndArray();
        if (more)
            call.Answer.Field("NextToken"u8, OpaqueToken.Write(
                Kind, stream.Name, stream.CreatedAtTicks, filter.Type, filter.TimestampTicks, page[^1].Index, call.NowTicks));
        call.Answer.EndObject();
    }

    private static (KinesisStream Stream, ShardFilter Filter) Start(OperationCall call)
    {
        var stream = call.Stream();
        if (call.Fields.Timestamp("StreamCreationTimestamp") is { } created
            && Math.Abs(created - stream.CreatedAtTicks) >= TimeSpan.TicksPerSecond) throw KinesisErrors.ResourceNotFound(stream.Name);
        return (stream, ShardFilter.Parse(call.Fields));
    }

    private static (KinesisStream Stream, ShardFilter Filter) Continue(OperationCall call, string token)
    {
        var fields = call.Fields;
        if (fields.String("StreamName") is not null || fields.String("StreamARN") is not null)
            throw KinesisErrors.InvalidArgument("NextToken and StreamName cannot be provided together.");
        if (fields.Timestamp("StreamCreationTimestamp") is not null)
            throw KinesisErrors.InvalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.");
        if (fields.String("ExclusiveStartShardId") is not null)
            throw KinesisErrors.InvalidArgument("NextToken and ExclusiveStartShardId cannot be provided together.");
        if (fields.Object("ShardFilter") is not null)
            throw KinesisErrors.InvalidArgument("NextToken and ShardFilter cannot be provided together.");
        if (OpaqueToken.Read(token, Kind, 6) is not { } parts) throw KinesisErrors.InvalidArgument("NextToken is invalid.");
        var issued = long.Parse(parts[5], CultureInfo.InvariantCulture);
        if (call.NowTicks - issued > call.Store.Settings.Options.NextTokenLifetime.Ticks)
            throw KinesisErrors.ExpiredNextToken("NextToken has expired.");
        var stream = call.Store.Get(parts[0]);
        if (stream.CreatedAtTicks != long.Parse(parts[1], CultureInfo.InvariantCulture)) throw KinesisErrors.ResourceNotFound(stream.Name);
        var (timestamp, last) = (long.Parse(parts[3], CultureInfo.InvariantCulture), int.Parse(parts[4], CultureInfo.InvariantCulture));
        return (stream, new(parts[2], timestamp, last));
    }
}
