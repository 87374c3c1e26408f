namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The tags of a series, as the instrument gave them.</summary>
internal sealed class TagSet
{
    private readonly KeyValuePair<string, object?>[] _tags;

    public TagSet(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _tags = tags.ToArray();
        Hash = HashOf(tags);
        All = [.. _tags.Select(static t => KeyValuePair.Create(t.Key, Convert.ToString(t.Value, System.Globalization.CultureInfo.InvariantCulture) ?? ""))];
    }

    /// <summary>The number of these tags.</summary>
    public int Hash { get; }

    /// <summary>Names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All { get; }

    /// <summary>Returns the value of a tag; null without it.</summary>
    public string? Find(string name)
    {
        foreach (var tag in All)
        {
            if (tag.Key == name)
                return tag.Value;
        }

        return null;
    }

    /// <summary>Whether these are the same objects: the quick answer, for the pipeline keeps its names.</summary>
    public bool IsIdentical(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length)
            return false;
        for (var i = 0; i < tags.Length; i++)
        {
            if (!ReferenceEquals(tags[i].Value, _tags[i].Value) || !ReferenceEquals(tags[i].Key, _tags[i].Key))
                return false;
        }

        return true;
    }

    /// <summary>Whether these are the same tags.</summary>
    public bool IsEqual(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length)
            return false;
        for (var i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != _tags[i].Key || !Equals(tags[i].Value, _tags[i].Value))
                return false;
        }

        return true;
    }

    /// <summary>A number that equal tags share.</summary>
    public static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = default(HashCode);
        foreach (var tag in tags)
            hash.Add(tag.Value);
        return hash.ToHashCode();
    }

    /// <summary>A number that tags of the same objects share.</summary>
    public static int IdentityOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = 0;
        foreach (var tag in tags)
            hash = (hash * 31) + System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(tag.Value);
        return hash;
    }
}
