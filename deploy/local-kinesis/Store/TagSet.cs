namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>The tags of a stream or of a consumer: at most 50.</summary>
/// <param name="owner">What the service's messages call it.</param>
internal sealed class TagSet(string owner)
{
    private const int Most = 50;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string> _tags = new(StringComparer.Ordinal);

    public IReadOnlyList<KeyValuePair<string, string>> All
    {
        get
        {
            lock (_lock) return [.. _tags];
        }
    }

    public void Add(IReadOnlyDictionary<string, string> tags)
    {
        lock (_lock)
        {
            if (_tags.Keys.Union(tags.Keys).Count() > Most)
                throw KinesisErrors.InvalidArgument(
                    $"Failed to add tags to {owner} under account {KinesisErrors.Account} " +
                    $"because it cannot have more than {Most} tags associated with it.");
            foreach (var (key, value) in tags) _tags[key] = value;
        }
    }

    public void Remove(IReadOnlyList<string> keys)
    {
        lock (_lock)
            foreach (var key in keys) _tags.Remove(key);
    }
}

/// <summary>The place of the resource policy of a stream or of a consumer.</summary>
internal sealed class PolicySlot
{
    private volatile string? _text;

    /// <summary>The policy; null for none.</summary>
    public string? Text { get => _text; set => _text = value; }
}
