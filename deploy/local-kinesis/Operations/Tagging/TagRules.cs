using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Tagging;

/// <summary>Keys of tags have 1 to 128 characters, values up to 256.</summary>
internal static class TagRules
{
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
}
