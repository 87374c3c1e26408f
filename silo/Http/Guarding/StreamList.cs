namespace Orleans.Kpl.Http.Guarding;

/// <summary>The streams that records may be put to, as <see cref="KplHttpOptions.Streams"/> lists them.</summary>
internal sealed class StreamList
{
    private readonly HashSet<string> _names;
    private readonly string[] _beginnings;
    private readonly bool _isOpen;

    public StreamList(KplHttpOptions options)
    {
        _isOpen = options.Streams.Count == 0;
        _names = [options.DefaultStream, .. options.Streams];
        _beginnings = [.. options.Streams.Where(static s => s.EndsWith('*')).Select(static s => s[..^1])];
    }

    /// <summary>Whether the list can have that entry: a name, an ARN, or the beginning of one and <c>*</c>.</summary>
    public static bool IsFit(string entry) => StreamName.IsFit(entry)
        || (entry.EndsWith('*') && entry.AsSpan(0, entry.Length - 1) is var begin && !begin.ContainsAnyExcept(Letters));

    /// <summary>Whether records may be put to the stream.</summary>
    public bool Allows(string stream) =>
        _isOpen || _names.Contains(stream) || Array.Exists(_beginnings, b => stream.StartsWith(b, StringComparison.Ordinal));

    private static ReadOnlySpan<char> Letters => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:/";
}
