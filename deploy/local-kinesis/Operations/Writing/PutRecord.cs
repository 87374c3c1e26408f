using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Writing;

/// <summary>One record, with SequenceNumberForOrdering where strict order is wanted; over the limit the call itself fails.</summary>
internal static class PutRecord
{
    public static void Execute(OperationCall call)
    {
        using var request = new PutRequest();
        if (call.Cbor) CborPutReader.Read(call.Body, request, single: true);
        else JsonPutReader.Read(call.Body, request, single: true);
        PutCheck.Entries(request.Entries, single: true);
        var stream = call.Resolve(request.StreamName, request.StreamArn);
        RecordWriter.RequireShards(stream);
        PutCheck.Sizes(request.Entries, stream);
        if (request.SequenceNumberForOrdering is { } ordering) CheckOrdering(ordering, stream, call.NowTicks);

        var result = new RecordWriter(stream, call).Put(ref request.Entries[0]);
        if (result.ErrorCode is not null)
            throw new KinesisException(result.ErrorCode, result.ErrorMessage!, result.ErrorCode == "InternalFailure" ? 500 : 400);
        call.Answer.StartObject();
        call.Answer.Name("ShardId"u8);
        call.Answer.Ascii(result.Shard.IdUtf8);
        call.Answer.Name("SequenceNumber"u8);
        call.Answer.Number(result.Number);
        call.Answer.EndObject();
        call.Store.Settings.Retention.Trim();
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
