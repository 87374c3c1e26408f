namespace Orleans.Kpl.Settings;

/// <summary>The kind of value a setting takes: how it is read, written and bounded.</summary>
internal abstract class SettingValue<T>
{
    /// <summary>What to write, for people: "a duration such as 100ms".</summary>
    public abstract string Expected { get; }

    /// <summary>The allowed values, for people.</summary>
    public abstract string Range { get; }

    /// <summary>False when the text is no value of this kind. The range is not looked at.</summary>
    public abstract bool TryParse(string text, out T value);

    public abstract string Format(T value);

    public abstract bool IsAllowed(T value);

    /// <summary>The value in place of one above the range, where such a one is taken as the largest.</summary>
    public virtual bool TryCap(T value, out T capped)
    {
        capped = value;
        return false;
    }
}
