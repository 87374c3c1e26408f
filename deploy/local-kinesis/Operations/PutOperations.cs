namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Puts of one record, and of many.</summary>
internal static class PutOperations
{
    /// <summary>Up to 500 records in one call; those over a shard's limit fail by themselves, the rest is applied.</summary>
    public static void PutRecords(OperationCall call)
    {
        var request = PutRequest.Read(call, isSingle: false);
        var entries = PutCheck.Entries(request);
        var stream = StreamOf(call, request, entries);
        var writer = new RecordWriter(stream, call);
        var answer = call.Answer;
        var failed = 0;
        var told = entries.Length - (call.Faults?.MissingResults ?? 0);
        answer.StartArray("Records"u8);
        foreach (var entry in entries)
        {
            var result = writer.Put(entry);
            if (result.ErrorCode is not null) failed++;
            if (told-- > 0) Write(answer, result);
        }
        answer.EndArray();
        answer.Field("FailedRecordCount"u8, failed + (call.Faults?.FailedRecordCount ?? 0));
        call.Store.Settings.Retention.Trim();
    }

    /// <summary>One record, with SequenceNumberForOrdering where strict order is wanted; over the limit the call itself fails.</summary>
    public static void PutRecord(OperationCall call)
    {
        var request = PutRequest.Read(call, isSingle: true);
        var entries = PutCheck.Entries(request);
        var stream = StreamOf(call, request, entries);
        if (request.SequenceNumberForOrdering is { } ordering) CheckOrdering(ordering, stream, call.NowTicks);

        var result = new RecordWriter(stream, call).Put(entries[0]);
        if (result.ErrorCode is not null)
            throw new KinesisException(result.ErrorCode, result.ErrorMessage!, result.ErrorCode == "InternalFailure" ? 500 : 400);
        call.Answer.Field("ShardId"u8, result.Shard.Id);
        call.Answer.Field("SequenceNumber"u8, result.Number.ToString());
        call.Store.Settings.Retention.Trim();
    }

    private static KinesisStream StreamOf(OperationCall call, PutRequest request, ReadOnlySpan<PutEntry> entries)
    {
        var stream = call.Resolve(request.StreamName, request.StreamArn);
        RecordWriter.RequireShards(stream);
        PutCheck.Sizes(entries, stream);
        return stream;
    }

    private static void Write(AnswerWriter answer, in PutResult result)
    {
        answer.StartObject();
        if (result.ErrorCode is null)
        {
            answer.Field("SequenceNumber"u8, result.Number.ToString());
            answer.Field("ShardId"u8, result.Shard.Id);
        }
        else
        {
            answer.Field("ErrorCode"u8, result.ErrorCode);
            answer.Field("ErrorMessage"u8, result.ErrorMessage!);
        }
        answer.EndObject();
    }

    /// <summary>It must be a number of this stream and not of the future. Order holds without it: shards are serial here.</summary>
    private static void CheckOrdering(string text, KinesisStream stream, long nowTicks)
    {
        var constraints = new Constraints();
        if (text.Length is 0 or > 129 || text.AsSpan().ContainsAnyExceptInRange('0', '9') || (text[0] == '0' && text.Length > 1))
            constraints.Fail(text, "sequenceNumberForOrdering", @"Member must satisfy regular expression pattern: 0|([1-9]\d{0,128})");
        constraints.ThrowIfAny();
        if (!SequenceNumber.TryParse(text, out var number) || number.ShardIndex >= stream.Shards.Count
            || number.Birth != stream.Shards[number.ShardIndex].Birth || number.ArrivalMs > EndpointClock.ToUnixMilliseconds(nowTicks))
            throw KinesisErrors.InvalidArgument(
                $"ExclusiveMinimumSequenceNumber {text} used in PutRecord on stream {stream.Name} under account {KinesisErrors.Account} is invalid.");
    }
}
