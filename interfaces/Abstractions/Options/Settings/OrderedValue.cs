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

    public override string Range => $"{Format(min)} to {Format(max)}{(caps ? ", more counts as that" : "")}";

    public override bool IsAllowed(T value) => value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0;

    public override bool TryCap(T value, out T capped)
    {
        capped = max;
        return caps && value.CompareTo(max) > 0;
    }
}
