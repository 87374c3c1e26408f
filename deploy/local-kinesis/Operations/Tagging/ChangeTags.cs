using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Tagging;

/// <summary>Adding and removing tags, by stream, or by the ARN of a stream or a consumer.</summary>
internal static class ChangeTags
{
    public static void AddTagsToStream(OperationCall call) => Add(call, () => call.Stream().Tags);

    public static void TagResource(OperationCall call) => Add(call, call.TagsOfResource);

    public static void RemoveTagsFromStream(OperationCall call) => Remove(call, () => call.Stream().Tags);

    public static void UntagResource(OperationCall call) => Remove(call, call.TagsOfResource);

    private static void Add(OperationCall call, Func<TagSet> target)
    {
        var tags = call.Fields.Map("Tags");
        var constraints = new Constraints();
        constraints.Required("tags", tags is not null);
        if (tags?.Count == 0) constraints.Fail("{}", "tags", "Member must have length greater than or equal to 1");
        constraints.ThrowIfAny();
        TagRules.Check(tags!);
        target().Add(tags!);
    }

    private static void Remove(OperationCall call, Func<TagSet> target)
    {
        var keys = call.Fields.Strings("TagKeys");
        var constraints = new Constraints();
        constraints.Required("tagKeys", keys is not null);
        if (keys?.Count == 0) constraints.Fail("[]", "tagKeys", "Member must have length greater than or equal to 1");
        constraints.ThrowIfAny();
        target().Remove(keys!);
    }
}
