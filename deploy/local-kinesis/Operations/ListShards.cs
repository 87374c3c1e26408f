using System.Globalization;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Shards, page by page. A NextToken lives for 300 s and stands for stream and filter, so neither may come with it.</summary>
internal static class ListShards
{
    private const string Kind = "shards";
    private const int DefaultPage = 1_000;
    private const int LargestPage = 10_000;

    public static void Execute(OperationCall call)
    {
        var fields = call.Fields;
        var constraints = new Constraints();
        var most = constraints.Range(fields.Int("MaxResults"), "maxResults", 1, LargestPage);
        constraints.Name(fields.String("ExclusiveStartShardId"), "exclusiveStartShardId");
        var token = constraints.Length(fields.String("NextToken"), "nextToken", 1, 1_048_576);
        constraints.ThrowIfAny();
        var (stream, filter) = token is null ? Start(call) : Continue(call, token);
        if (stream.Status is StreamStatus.Creating or StreamStatus.Deleting) throw KinesisErrors.NotActive(stream.Name, stream.Status);

        var (page, more) = filter.Write(call, stream, most ?? DefaultPage);
        if (more)
            call.Answer.Field("NextToken"u8, OpaqueToken.Write(
                Kind, stream.Name, stream.CreatedAtTicks, filter.Type, filter.TimestampTicks, page[^1].Index, call.NowTicks));
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
        var other = fields.String("StreamName") is not null || fields.String("StreamARN") is not null ? "StreamName"
            : fields.Timestamp("StreamCreationTimestamp") is not null ? "StreamCreationTimestamp"
            : fields.String("ExclusiveStartShardId") is not null ? "ExclusiveStartShardId"
            : fields.Object("ShardFilter") is not null ? "ShardFilter" : null;
        if (other is not null) throw KinesisErrors.InvalidArgument($"NextToken and {other} cannot be provided together.");
        if (OpaqueToken.Read(token, Kind, 6) is not { } parts
            || !long.TryParse(parts[1], NumberStyles.None, null, out var created)
            || !long.TryParse(parts[3], NumberStyles.None, null, out var timestamp)
            || !int.TryParse(parts[4], NumberStyles.None, null, out var last)
            || !long.TryParse(parts[5], NumberStyles.None, null, out var issued))
            throw KinesisErrors.InvalidArgument("NextToken is invalid.");
        Page.CheckAge(call, issued);
        var stream = call.Store.Get(parts[0]);
        return stream.CreatedAtTicks == created ? (stream, new(parts[2], timestamp, last)) : throw KinesisErrors.ResourceNotFound(stream.Name);
    }
}

/// <summary>Which shards ListShards shows.</summary>
internal readonly record struct ShardFilter(string Type, long TimestampTicks, int AfterIndex)
{
    private static readonly ShardFilter All = new("", 0, -1);

    public static ShardFilter Parse(RequestFields fields)
    {
        var exclusive = fields.String("ExclusiveStartShardId");
        if (fields.Object("ShardFilter") is not { } filter) return exclusive is null ? All : All with { AfterIndex = IndexOf(exclusive) };
        if (exclusive is not null)
            throw KinesisErrors.InvalidArgument("ExclusiveStartShardId and ShardFilter cannot be provided together.");
        var type = Constraints.Read(c => c.OneOf(filter.String("Type"), "shardFilter.type", required: true,
            "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"));
        return type switch
        {
            "AFTER_SHARD_ID" => new(type, 0, IndexOf(filter.String("ShardId")
                ?? throw KinesisErrors.InvalidArgument("ShardId must be provided for a shard filter of type AFTER_SHARD_ID."))),
            "AT_TIMESTAMP" or "FROM_TIMESTAMP" => new(type, filter.Timestamp("Timestamp")
                ?? throw KinesisErrors.InvalidArgument($"Timestamp must be provided for a shard filter of type {type}."), -1),
            _ => new(type!, 0, -1),
        };
    }

    /// <summary>Writes the Shards field: the first of those it lets through.</summary>
    public (List<Shard> Shards, bool More) Write(OperationCall call, KinesisStream stream, int most)
    {
        ShardView view;
        lock (stream.Lock) view = new(stream, call);
        var page = Page.Of(Apply(view), most);
        call.Answer.StartArray("Shards"u8);
        foreach (var shard in page.Items) view.Write(call.Answer, shard);
        call.Answer.EndArray();
        return page;
    }

    private IEnumerable<Shard> Apply(ShardView view)
    {
        var (type, timestamp, after) = this;
        return view.Shards.Where(shard => shard.Index > after && type switch
        {
            "AT_LATEST" => view.IsOpen(shard),
            "AT_TRIM_HORIZON" => shard.OpenedAtTicks <= view.HorizonTicks && shard.ClosedAtTicks > view.HorizonTicks,
            "AT_TIMESTAMP" => shard.OpenedAtTicks <= timestamp && shard.ClosedAtTicks > timestamp,
            "FROM_TIMESTAMP" => shard.ClosedAtTicks > timestamp,
            _ => true,
        });
    }

    private static int IndexOf(string shardId) =>
        shardId.StartsWith("shardId-", StringComparison.Ordinal) && int.TryParse(shardId.AsSpan(8), out var index) && index >= 0
            ? index
            : throw KinesisErrors.InvalidArgument($"{shardId} is not a shard id.");
}

/// <summary>A stream's shards as listings show them: late by the lag, and without those whose records have all expired.</summary>
internal readonly struct ShardView
{
    private readonly long _at;

    public ShardView(KinesisStream stream, OperationCall call)
    {
        var nowTicks = call.NowTicks;
        var lag = stream.Settings.Reshards.ListShardsLag;
        if (call.Faults?.ListingLag > lag) lag = call.Faults.ListingLag;
        // Shards of a stream younger than the lag are shown from their first moment.
        var firstTicks = stream.Shards.Count == 0 ? nowTicks : stream.Shards[0].OpenedAtTicks;
        var at = _at = Math.Max(firstTicks, nowTicks - lag.Ticks);
        HorizonTicks = Math.Max(firstTicks, nowTicks - stream.RetentionHours * TimeSpan.TicksPerHour);
        var horizon = HorizonTicks;
        Shards = [.. stream.Shards.Where(shard => shard.OpenedAtTicks <= at && shard.ClosedAtTicks >= horizon)];
    }

    public IReadOnlyList<Shard> Shards { get; }

    /// <summary>The oldest instant that retention still covers.</summary>
    public long HorizonTicks { get; }

    public bool IsOpen(Shard shard) => shard.ClosedAtTicks > _at;

    public static void WriteRange(AnswerWriter answer, Shard shard)
    {
        answer.StartObject("HashKeyRange"u8);
        answer.Field("StartingHashKey"u8, shard.Range.Start.ToString(CultureInfo.InvariantCulture));
        answer.Field("EndingHashKey"u8, shard.Range.End.ToString(CultureInfo.InvariantCulture));
        answer.EndObject();
    }

    public void Write(AnswerWriter answer, Shard shard)
    {
        answer.StartObject();
        answer.Field("ShardId"u8, shard.Id);
        if (shard.Parent is { } parent) answer.Field("ParentShardId"u8, parent.Id);
        if (shard.AdjacentParent is { } adjacent) answer.Field("AdjacentParentShardId"u8, adjacent.Id);
        WriteRange(answer, shard);
        answer.StartObject("SequenceNumberRange"u8);
        answer.Field("StartingSequenceNumber"u8, shard.StartingSequenceNumber.ToString());
        if (!IsOpen(shard)) answer.Field("EndingSequenceNumber"u8, $"{shard.EndingSequenceNumber}");
        answer.EndObject();
        answer.EndObject();
    }
}
