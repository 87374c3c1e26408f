using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>The account's streams by name, page by page.</summary>
internal static class ListStreams
{
    private const string Kind = "streams";
    private const int DefaultPage = 100;

    public static void Execute(OperationCall call)
    {
        var fields = call.Fields;
        var limit = fields.Int("Limit");
        var constraints = new Constraints();
        constraints.Range(limit, "limit", 1, 10_000);
        constraints.Name(fields.String("ExclusiveStartStreamName"), "exclusiveStartStreamName");
        constraints.ThrowIfAny();
        var after = fields.String("ExclusiveStartStreamName");
        if (fields.String("NextToken") is { } token)
            after = OpaqueToken.Read(token, Kind, 1)?[0] ?? throw KinesisErrors.InvalidArgument("NextToken is invalid.");
        var page = call.Store.Streams.Where(stream => after is null || string.CompareOrdinal(stream.Name, after) > 0)
            .Take((limit ?? DefaultPage) + 1).ToList();
        var more = page.Count > (limit ?? DefaultPage);
        if (more) page.RemoveAt(page.Count - 1);
        var answer = call.Answer;
        answer.StartObject();
        answer.Strings("StreamNames"u8, page.Select(stream => stream.Name));
        answer.Name("StreamSummaries"u8);
        answer.StartArray();
        foreach (var stream in page)
        {
            answer.StartObject();
            StreamDetails.WriteIdentity(answer, stream);
            answer.EndObject();
        }
        answer.EndArray();
        answer.Field("HasMoreStreams"u8, more);
        if (more) answer.Field("NextToken"u8, OpaqueToken.Write(Kind, page[^1].Name));
        answer.EndObject();
    }
}
