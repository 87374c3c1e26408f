using System.Globalization;
using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis;

/// <summary>
/// How a shard's 1,000 records/s and 1 MiB/s (partition keys included) are enforced. AWS publishes the rates but not the window,
/// so both plausible models are here.
/// </summary>
public sealed record LimitModel
{
    private enum Kind { None, Bucket, Window }

    private readonly Kind _kind;

    private LimitModel(Kind kind, TimeSpan span) => (_kind, Span) = (kind, span);

    /// <summary>A token bucket per shard that holds one second of both rates; the default.</summary>
    public static LimitModel Default { get; } = Bucket(TimeSpan.FromSeconds(1));

    /// <summary>No write limits at all, for benches of raw speed.</summary>
    public static LimitModel None { get; } = new(Kind.None, TimeSpan.Zero);

    /// <summary>How much of both rates a bucket holds, or how long a window is.</summary>
    public TimeSpan Span { get; }

    /// <summary>A token bucket per shard that holds <paramref name="span"/> of both rates and starts full.</summary>
    /// <param name="span">1 ms to 1 h.</param>
    public static LimitModel Bucket(TimeSpan span) => new(Kind.Bucket, Checked(span));

    /// <summary>Fixed windows of <paramref name="span"/>; each admits that much of both rates.</summary>
    /// <param name="span">1 ms to 1 h.</param>
    public static LimitModel Window(TimeSpan span) => new(Kind.Window, Checked(span));

    /// <summary>Reads <c>bucket:MS</c>, <c>window:MS</c> (milliseconds, 1 to 3,600,000) or <c>none</c>.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static LimitModel Parse(string text) => TryParse(text, out var model)
        ? model
        : throw new FormatException($"'{text}' is not a limit model: use bucket:MS, window:MS (1 to 3600000 ms) or none.");

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse(string? text, out LimitModel model)
    {
        model = None;
        if (text == "none") return true;
        var colon = text?.IndexOf(':') ?? -1;
        if (colon < 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            || ms is < 1 or > 3_600_000) return false;
        var span = TimeSpan.FromMilliseconds(ms);
        switch (text![..colon])
        {
            case "bucket": model = Bucket(span); return true;
            case "window": model = Window(span); return true;
            default: return false;
        }
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => _kind == Kind.None
        ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"{(_kind == Kind.Bucket ? "bucket" : "window")}:{(long)Span.TotalMilliseconds}");

    internal WriteLimit? CreateLimit(long nowTicks) => _kind switch
    {
        Kind.Bucket => new BucketLimit(Span, nowTicks),
        Kind.Window => new WindowLimit(Span, nowTicks),
        _ => null,
    };

    private static TimeSpan Checked(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(span, TimeSpan.FromHours(1));
        return span;
    }
}
