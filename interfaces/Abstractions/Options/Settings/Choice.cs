namespace Orleans.Kpl.Settings;

/// <summary>One of a few names, in any case.</summary>
internal sealed class Choice<T>(params (string Name, T Value)[] values) : SettingValue<T>
    where T : struct
{
    public override string Expected => "one of";

    public override string Range => string.Join(", ", values.Select(v => v.Name));

    public override bool TryParse(string text, out T value)
    {
        foreach (var (name, candidate) in values)
        {
            if (name.AsSpan().Equals(text.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }

    public override string Format(T value)
    {
        foreach (var (name, candidate) in values)
        {
            if (EqualityComparer<T>.Default.Equals(candidate, value))
                return name;
        }

        return value.ToString() ?? "";
    }

    public override bool IsAllowed(T value) => values.Any(v => EqualityComparer<T>.Default.Equals(v.Value, value));
}

/// <summary>Creates choices.</summary>
internal static class Choice
{
    public static Choice<bool> Switch { get; } = new(("true", true), ("false", false));

    /// <summary>The names of an enum; numbers are not accepted.</summary>
    public static Choice<T> Of<T>()
        where T : struct, Enum => new([.. Enum.GetValues<T>().Select(v => (v.ToString(), v))]);
}
