namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The tags of a series, as the instrument gave them.</summary>
internal sealed class TagSet
{
    /// <summary>Compares sets with one another, and with tags that are no set yet.</summary>
    public static readonly TagComparer Comparer = new();

    private readonly KeyValuePair<string, object?>[] _tags;

    public TagSet(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _tags = tags.ToArray();
        All = [.. _tags.Select(static t => KeyValuePair.Create(t.Key, Convert.ToString(t.Value, System.Globalization.CultureInfo.InvariantCulture) ?? ""))];
    }

    /// <summary>Names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All { get; }

    /// <summary>Returns the value of a tag; null without it.</summary>
    public string? Find(string name) => All.FirstOrDefault(t => t.Key == name).Value;

    /// <summary>Returns the tags without one; null where there is no such.</summary>
    public TagSet? Without(string name) =>
        _tags.Any(t => t.Key == name) ? new TagSet(_tags.Where(t => t.Key != name).ToArray()) : null;

    /// <summary>Names and values as fine as those of the stream are told.</summary>
    public IEnumerable<KeyValuePair<string, string>> As(StreamGranularity granularities)
    {
        var granularity = granularities.Of(Find("StreamName"));
        return All
            .Where(t => t.Key != "StreamName" || granularity != MetricsGranularity.Global)
            .Where(t => t.Key != "ShardId" || granularity == MetricsGranularity.Shard);
    }

    /// <summary>Looks a set up by tags that are not kept.</summary>
    internal sealed class TagComparer : IEqualityComparer<TagSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, TagSet>
    {
        public bool Equals(TagSet? one, TagSet? other) => one is null ? other is null : other is not null && Equals(one._tags, other);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> tags, TagSet other)
        {
            if (tags.Length != other._tags.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
            {
                // The pipeline mostly gives the same objects again.
                if (!Equals(tags[i].Key, other._tags[i].Key) || !Equals(tags[i].Value, other._tags[i].Value))
                    return false;
            }

            return true;
        }

        public int GetHashCode(TagSet tags) => GetHashCode(tags._tags);

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var hash = default(HashCode);
            foreach (ref readonly var tag in tags)
                hash.Add(tag.Value);
            return hash.ToHashCode();
        }

        public TagSet Create(ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(tags);
    }
}
