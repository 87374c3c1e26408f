namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>A position in a shard, and the records from there on.</summary>
internal static class ReadOperations
{
    private const int MostRecords = 10_000;
    private const int MostBytes = 10 * 1_048_576;

    /// <summary>A position to read from: the oldest record, the newest, a sequence number or an instant.</summary>
    public static void GetShardIterator(OperationCall call)
    {
        var fields = call.Fields;
        var (shardId, type) = Constraints.Read(c => (
            c.Name(fields.String("ShardId"), "shardId", required: true),
            c.OneOf(fields.String("ShardIteratorType"), "shardIteratorType", required: true, StartingPosition.Types)));
        var stream = call.Stream();
        RecordWriter.RequireShards(stream);
        var shard = stream.FindShard(shardId!) ?? throw KinesisErrors.ShardNotFound(shardId!, stream.Name);
        lock (shard.Lock)
        {
            if (shard.ReadLimit is { } limit && !limit.TryTakeIterator(call.NowTicks))
                throw KinesisErrors.Throttled(KinesisErrors.RateExceeded(shard.Id, stream.Name));
        }
        var position = new StartingPosition("GetShardIterator", type!, fields.String("StartingSequenceNumber"), fields.Timestamp("Timestamp"));
        var iterator = ShardIterator.At(shard, position.CounterIn(shard, call.NowTicks), call.NowTicks);
        call.Answer.Field("ShardIterator"u8, iterator.ToString());
    }

    /// <summary>
    /// Up to 10,000 records or 10 MiB from a position in a shard; at a closed shard's end, its children for the next iterator. A StreamARN is that of the
    /// iterator's stream; AWS does not tell the code of the refusal.
    /// </summary>
    public static void GetRecords(OperationCall call)
    {
        var (token, limit, arn) = Constraints.Read(c => (
            c.Length(call.Fields.String("ShardIterator"), "shardIterator", 1, 512, required: true),
            c.Range(call.Fields.Int("Limit"), "limit", 1, MostRecords),
            c.StreamArn(call.Fields.String("StreamARN"), "streamARN")));
        var iterator = ShardIterator.Parse(token!);
        if (arn is not null && StreamStore.NameOf(arn) != iterator.Stream)
            throw KinesisErrors.InvalidArgument($"The ShardIterator is of stream {iterator.Stream} under account {KinesisErrors.Account}, and not of {arn}.");
        var stream = call.Store.Get(iterator.Stream);
        if (stream.CreatedAtTicks != iterator.StreamCreatedTicks || iterator.ShardIndex >= stream.Shards.Count)
            throw KinesisErrors.ResourceNotFound(iterator.Stream);
        CheckAge(iterator, call);
        var shard = stream.Shards[iterator.ShardIndex];
        // Under the lock, because retention may take the records' memory away.
        lock (shard.Lock) Read(call, shard, iterator.Counter, limit ?? MostRecords);
    }

    private static void Read(OperationCall call, Shard shard, long counter, int limit)
    {
        if (shard.ReadLimit is { } readLimit && !readLimit.TryStart(call.NowTicks))
            throw KinesisErrors.Throttled(KinesisErrors.RateExceeded(shard.Id, shard.Stream.Name));
        var answer = call.Answer;
        var read = ReadRecords.Write(answer, shard, counter, (call.Faults is { EmptyPage: true } ? 0 : limit, MostBytes), call.NowTicks);
        shard.ReadLimit?.Charge(read.Bytes);
        answer.Field("MillisBehindLatest"u8, read.MillisBehind);
        if (shard.IsOpen || read.Next < shard.Log.NextCounter)
            answer.Field("NextShardIterator"u8, ShardIterator.At(shard, read.Next, call.NowTicks).ToString());
        else ReadRecords.WriteChildren(answer, shard.Children);
    }

    private static void CheckAge(ShardIterator iterator, OperationCall call)
    {
        var lifetime = call.Store.Settings.Options.IteratorLifetime;
        if (call.NowTicks - iterator.IssuedTicks <= lifetime.Ticks) return;
        throw KinesisErrors.ExpiredIterator(
            $"Iterator expired. The iterator was created at time {new DateTime(iterator.IssuedTicks):R} " +
            $"while right now it is {new DateTime(call.NowTicks):R} " +
            $"which is further in the future than the tolerated delay of {(long)lifetime.TotalMilliseconds} milliseconds.");
    }
}
