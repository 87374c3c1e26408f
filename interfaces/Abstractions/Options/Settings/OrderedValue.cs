namespace Orleans.Kpl.Settings;

/// <summary>A value within a range.</summary>
/// <param name="min">The smallest.</param>
/// <param name="max">The largest.</param>
/// <param name="caps">
/// Whether a larger value becomes <paramref name="max"/>, with a warning: for values that KPL or a peer allows but Kinesis or a timer
/// does not.
/// </param>
internal abstract class OrderedValue<T>(T min, T max, bool caps) : SettingValue<T>
    where T : IComparable<T>
{
    public T Min => min;

    public T Max => max;

    public bool Caps => caps;

    public override string Range => IsUnbounded ? $"at least {InWords(min)}" : BeginsAtNone ? $"at most {InWords(max)}" : $"{Start} to {InWords(max)}";

    public override string? Cap => caps ? InWords(max) : null;

    /// <summary>Whether the largest value is only the largest that the type holds.</summary>
    protected virtual bool IsUnbounded => false;

    /// <summary>Whether the range begins at zero of something, so that only its end is worth a word.</summary>
    protected virtual bool BeginsAtNone => min.CompareTo(default) == 0;

    /// <summary>The smallest value as the range begins with it.</summary>
    protected virtual string Start => Format(min);

    public override string Refusal(T value) =>
        BeginsAtNone && !IsUnbounded && value.CompareTo(min) < 0 ? $"allowed is {Range}, and not less than 0" : base.Refusal(value);

    /// <summary>The value as a person says it, with its unit.</summary>
    protected abstract string InWords(T value);

    public override bool IsAllowed(T value) => value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0;

    public override bool TryCap(T value, out T capped)
    {
        capped = max;
        return caps && value.CompareTo(max) > 0;
    }
}
