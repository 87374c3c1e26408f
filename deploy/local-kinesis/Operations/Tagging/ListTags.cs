using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Tagging;

/// <summary>ListTagsForStream, page by page, and ListTagsForResource.</summary>
internal static class ListTags
{
    private const int Most = 50;

    public static void ForStream(OperationCall call)
    {
        var (limit, after) = (call.Fields.Int("Limit"), call.Fields.String("ExclusiveStartTagKey"));
        var constraints = new Constraints();
        constraints.Range(limit, "limit", 1, Most);
        constraints.Length(after, "exclusiveStartTagKey", 1, 128);
        constraints.ThrowIfAny();
        var rest = call.Stream().Tags.All.Where(tag => after is null || string.CompareOrdinal(tag.Key, after) > 0).ToList();
        call.Answer.StartObject();
        Write(call.Answer, rest.Take(limit ?? Most));
        call.Answer.Field("HasMoreTags"u8, rest.Count > (limit ?? Most));
        call.Answer.EndObject();
    }

    public static void ForResource(OperationCall call)
    {
        var tags = call.TagsOfResource().All;
        call.Answer.StartObject();
        Write(call.Answer, tags);
        call.Answer.EndObject();
    }

    private static void Write(AnswerWriter answer, IEnumerable<KeyValuePair<string, string>> tags)
    {
        answer.Name("Tags"u8);
        answer.StartArray();
        foreach (var (key, value) in tags)
        {
            answer.StartObject();
            answer.Field("Key"u8, key);
            answer.Field("Value"u8, value);
            answer.EndObject();
        }
        answer.EndArray();
    }
}
