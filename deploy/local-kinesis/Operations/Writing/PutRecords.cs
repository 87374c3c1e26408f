using Orleans.Kpl.LocalKinesis.Store;
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

        var writer = new RecordWriter(stream, call.NowTicks, call.Store.Settings.Jitter.NextTicks());
        var answer = call.Answer;
        var failed = 0;
        answer.StartObject();
        answer.Name("Records"u8);
        answer.StartArray();
        foreach (ref readonly var entry in request.Entries)
        {
            answer.StartObject();
            if (writer.TryApply(entry, out var shard, out var number))
            {
                answer.Name("SequenceNumber"u8);
                answer.Number(number);
                answer.Name("ShardId"u8);
                answer.Ascii(shard.IdUtf8);
            }
            else
            {
                failed++;
                answer.Name("ErrorCode"u8);
                answer.Ascii("ProvisionedThroughputExceededException"u8);
                answer.Field("ErrorMessage"u8, KinesisErrors.RateExceeded(shard.Id, stream.Name));
            }
            answer.EndObject();
        }
        answer.EndArray();
        answer.Field("FailedRecordCount"u8, failed);
        answer.EndObject();
        call.Store.Settings.Retention.Trim();
    }

    private static void CheckCount(PutRequest request)
    {
        var constraints = new Constraints();
        constraints.Required("records", request.Count is not null);
        if (request.Count == 0) constraints.Fail("[]", "records", "Member must have length greater than or equal to 1");
        if (request.Count > PutRequest.MostEntries)
            constraints.Fail($"[{request.Count} records]", "records", $"Member must have length less than or equal to {PutRequest.MostEntries}");
        constraints.ThrowIfAny();
    }
}
