using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Writing;

/// <summary>Up to 500 records in one call; those over a shard's limit fail by themselves, the rest is applied.</summary>
internal static class PutRecords
{
    public static void Execute(OperationCall call)
    {
        using var request = new PutRequest();
        if (call.Cbor) CborPutReader.Read(call.Body, request, single: false);
        else JsonPutReader.Read(call.Body, request, single: false);
        CheckCount(request);
        PutCheck.Entries(request.Entries, single: false);
        var stream = call.Resolve(request.StreamName, request.StreamArn);
        RecordWriter.RequireShards(stream);
        PutCheck.Sizes(request.Entries, stream);

        var writer = new RecordWriter(stream, call);
        var answer = call.Answer;
        var failed = 0;
        var told = request.Entries.Length - (call.Faults?.MissingResults ?? 0);
        answer.StartObject();
        answer.Name("Records"u8);
        answer.StartArray();
        foreach (ref var entry in request.Entries)
        {
            var result = writer.Put(ref entry);
            if (result.ErrorCode is not null) failed++;
            if (told-- > 0) Write(answer, result);
        }
        answer.EndArray();
        answer.Field("FailedRecordCount"u8, failed + (call.Faults?.FailedRecordCount ?? 0));
        answer.EndObject();
        call.Store.Settings.Retention.Trim();
    }

    private static void Write(AnswerWriter answer, in PutResult result)
    {
        answer.StartObject();
        if (result.ErrorCode is null)
        {
            answer.Name("SequenceNumber"u8);
            answer.Number(result.Number);
            answer.Name("ShardId"u8);
            answer.Ascii(result.Shard.IdUtf8);
        }
        else
        {
            answer.Field("ErrorCode"u8, result.ErrorCode);
            answer.Field("ErrorMessage"u8, result.ErrorMessage!);
        }
        answer.EndObject();
    }

    private static void CheckCount(PutRequest request)
    {
        var constraints = new Constraints();
        constraints.Required("records", request.Count is not null);
        if (request.Count == 0) constraints.Fail("[]", "records", "Member must have length greater than or equal to 1");
        if (request.Count > PutRequest.MostEntries)
            constraints.Fail(
                $"[{request.Count} records]", "records", $"Member must have length less than or equal to {PutRequest.MostEntries}");
        constraints.ThrowIfAny();
    }
}
