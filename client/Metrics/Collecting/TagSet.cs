using System.Runtime.InteropServices;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The tags of a series, as the instrument gave them.</summary>
internal sealed class TagSet
{
    // 2^64 divided by the golden ratio.
    private const ulong Odd = 0x9E3779B97F4A7C15;

    private readonly KeyValuePair<string, object?>[] _tags;

    public TagSet(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _tags = tags.ToArray();
        Hash = HashOf(tags);
        All = [.. _tags.Select(static t => KeyValuePair.Create(t.Key, Convert.ToString(t.Value, System.Globalization.CultureInfo.InvariantCulture) ?? ""))];
    }

    /// <summary>The number of these tags.</summary>
    public int Hash { get; }

    /// <summary>Returns one tag as it was given, where there are two at most; else nothing.</summary>
    public KeyValuePair<string, object?> FewAt(int place) => _tags.Length <= 2 && place < _tags.Length ? _tags[place] : default;

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

    /// <summary>Whether these are the same tags.</summary>
    public bool IsEqual(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length)
            return false;
        for (var i = 0; i < tags.Length; i++)
        {
            if (!IsSame(tags[i].Key, _tags[i].Key) || !IsSame(tags[i].Value, _tags[i].Value))
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

    /// <summary>
    /// A number that equal tags share, of what differs between the names of shards: their length and last characters. It is quicker than
    /// <see cref="HashOf"/>, and worse.
    /// </summary>
    public static int QuickHashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = 0UL;
        foreach (ref readonly var tag in tags)
        {
            // Every bit of both halves depends on all characters.
            var high = Math.BigMul(hash ^ (tag.Value is string text ? EndOf(text) : (uint)(tag.Value?.GetHashCode() ?? 0)), Odd, out var low);
            hash = high ^ low;
        }

        return (int)hash;
    }

    private static ulong EndOf(string text)
    {
        var bytes = MemoryMarshal.AsBytes(text.AsSpan());
        var last = bytes.Length >= sizeof(ulong) ? MemoryMarshal.Read<ulong>(bytes[^sizeof(ulong)..]) : bytes.Length == 0 ? 0UL : bytes[0];
        return last ^ ((ulong)text.Length << 56);
    }

    /// <summary>The pipeline mostly gives the same objects again.</summary>
    private static bool IsSame(object? one, object? other) =>
        ReferenceEquals(one, other) || (one is string text ? other is string kept && text == kept : Equals(one, other));
}
