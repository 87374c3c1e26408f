namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The tags of streams and consumers.</summary>
internal static class TagOperations
{
    private const int Most = 50;

    public static void AddTagsToStream(OperationCall call) => Add(call, () => call.Stream().Resource);

    public static void TagResource(OperationCall call) => Add(call, call.Resource);

    public static void RemoveTagsFromStream(OperationCall call) => Remove(call, () => call.Stream().Resource);

    public static void UntagResource(OperationCall call) => Remove(call, call.Resource);

    public static void ListTagsForStream(OperationCall call)
    {
        var (limit, after) = Constraints.Read(c => (
            c.Range(call.Fields.Int("Limit"), "limit", 1, Most), c.Length(call.Fields.String("ExclusiveStartTagKey"), "exclusiveStartTagKey", 1, 128)));
        var (page, more) = Page.Of(call.Stream().Resource.Tags, tag => tag.Key, after, limit ?? Most);
        Write(call.Answer, page);
        call.Answer.Field("HasMoreTags"u8, more);
    }

    public static void ListTagsForResource(OperationCall call) => Write(call.Answer, call.Resource().Tags);

    /// <summary>Keys of tags have 1 to 128 characters, values up to 256.</summary>
    public static void Check(IReadOnlyDictionary<string, string> tags)
    {
        var constraints = new Constraints();
        foreach (var (key, value) in tags)
        {
            constraints.Length(key, "tags.key", 1, 128);
            constraints.Length(value, "tags.value", 0, 256);
        }
        constraints.ThrowIfAny();
    }

    private static void Add(OperationCall call, Func<KinesisResource> target)
    {
        var tags = call.Fields.Map("Tags");
        var constraints = new Constraints();
        constraints.Required("tags", tags is not null);
        if (tags?.Count == 0) constraints.Fail("{}", "tags", "Member must have length greater than or equal to 1");
        constraints.ThrowIfAny();
        Check(tags!);
        target().AddTags(tags!);
    }

    private static void Remove(OperationCall call, Func<KinesisResource> target)
    {
        var keys = call.Fields.Strings("TagKeys");
        var constraints = new Constraints();
        constraints.Required("tagKeys", keys is not null);
        if (keys?.Count == 0) constraints.Fail("[]", "tagKeys", "Member must have length greater than or equal to 1");
        constraints.ThrowIfAny();
        target().RemoveTags(keys!);
    }

    private static void Write(AnswerWriter answer, IEnumerable<KeyValuePair<string, string>> tags) => answer.Objects("Tags"u8, tags, tag =>
    {
        answer.Field("Key"u8, tag.Key);
        answer.Field("Value"u8, tag.Value);
    });
}
