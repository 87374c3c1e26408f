namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>What a stream or a consumer has that is asked for by its ResourceARN: at most 50 tags, and a policy.</summary>
/// <param name="title">What the service's messages call it.</param>
internal sealed class KinesisResource(KinesisStream stream, string title)
{
    private const int Most = 50;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string> _tags = new(StringComparer.Ordinal);
    private volatile string? _policy;

    /// <summary>The stream, also where it is a consumer of it.</summary>
    public KinesisStream Stream => stream;

    /// <summary>The policy; null for none.</summary>
    public string? Policy { get => _policy; set => _policy = value; }

    public IReadOnlyList<KeyValuePair<string, string>> Tags
    {
        get
        {
            lock (_lock) return [.. _tags];
        }
    }

    public void AddTags(IReadOnlyDictionary<string, string> tags)
    {
        lock (_lock)
        {
            if (_tags.Keys.Union(tags.Keys).Count() > Most)
                throw KinesisErrors.InvalidArgument(
                    $"Failed to add tags to {title} under account {KinesisErrors.Account} " +
                    $"because it cannot have more than {Most} tags associated with it.");
            foreach (var (key, value) in tags) _tags[key] = value;
        }
    }

    public void RemoveTags(IReadOnlyList<string> keys)
    {
        lock (_lock)
            foreach (var key in keys) _tags.Remove(key);
    }
}
