using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Tagging;

/// <summary>A stream has at most 50 tags; keys have 1 to 128 characters, values up to 256.</summary>
internal static class TagRules
{
    private const int Most = 50;

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

    public static void Add(KinesisStream stream, IReadOnlyDictionary<string, string> tags)
    {
        lock (stream.Tags)
        {
            if (stream.Tags.Keys.Union(tags.Keys).Count() > Most)
                throw KinesisErrors.InvalidArgument(
                    $"Failed to add tags to stream {stream.Name} under account {KinesisErrors.Account} " +
                    $"because a given stream cannot have more than {Most} tags associated with it.");
            foreach (var (key, value) in tags) stream.Tags[key] = value;
        }
    }

    public static void Remove(KinesisStream stream, IReadOnlyList<string> keys)
    {
        lock (stream.Tags)
            foreach (var key in keys) stream.Tags.Remove(key);
    }

    public static IReadOnlyList<KeyValuePair<string, string>> Of(KinesisStream stream)
    {
        lock (stream.Tags) return [.. stream.Tags];
    }
}
