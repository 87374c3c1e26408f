namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The tags of streams and consumers.</summary>
internal static class TagOperations
{
    /// <summary>Keys that one call takes away, and tags of a page.</summary>
    private const int Most = 50;

    private const int MostOfACall = 200;

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

    /// <summary>
    /// The tags of a request, none where it does not name them. Those that it names are 1 to 200, with keys of 1 to 128 characters and values of up to 256: so
    /// says AWS's model, though nothing keeps more than 50.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Read(OperationCall call, bool required = false)
    {
        var tags = call.Fields.Map("Tags");
        var constraints = new Constraints();
        if (required) constraints.Required("tags", tags is not null);
        if (tags is not null) constraints.Count([.. tags.Select(tag => $"{tag.Key}={tag.Value}")], "tags", 1, MostOfACall);
        tags ??= new Dictionary<string, string>();
        foreach (var (key, value) in tags)
        {
            constraints.Length(key, "tags.key", 1, 128);
            constraints.Length(value, "tags.value", 0, 256);
        }
        constraints.ThrowIfAny();
        return tags;
    }

    private static void Add(OperationCall call, Func<KinesisResource> target)
    {
        var tags = Read(call, required: true);
        target().AddTags(tags);
    }

    private static void Remove(OperationCall call, Func<KinesisResource> target)
    {
        var keys = call.Fields.Strings("TagKeys");
        var constraints = new Constraints();
        constraints.Required("tagKeys", keys is not null);
        if (keys is not null) constraints.Count(keys, "tagKeys", 1, Most);
        foreach (var key in keys ?? []) constraints.Length(key, "tagKeys", 1, 128);
        constraints.ThrowIfAny();
        target().RemoveTags(keys!);
    }

    private static void Write(AnswerWriter answer, IEnumerable<KeyValuePair<string, string>> tags) => answer.Objects("Tags"u8, tags, tag =>
    {
        answer.Field("Key"u8, tag.Key);
        answer.Field("Value"u8, tag.Value);
    });
}
