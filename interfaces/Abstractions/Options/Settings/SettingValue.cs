namespace Orleans.Kpl.Settings;

/// <summary>The kind of value a setting takes: how it is read, written and bounded.</summary>
internal abstract class SettingValue<T>
{
    /// <summary>A human-readable description of the expected text: "a duration such as 100ms".</summary>
    public abstract string Expected { get; }

    /// <summary>The allowed values, in human-readable form.</summary>
    public abstract string Range { get; }

    /// <summary>The value that every larger one is taken as, in words; null where larger ones are refused, or there is no order.</summary>
    public virtual string? Cap => null;

    /// <summary>Describes what is wrong with a value that is not allowed.</summary>
    public virtual string Refusal(T value) => $"allowed is {Range}";

    /// <summary>Parses a value; false when the text is not of this kind. Does not check the range.</summary>
    public abstract bool TryParse(string text, out T value);

    public abstract string Format(T value);

    public abstract bool IsAllowed(T value);

    /// <summary>Replaces a value above the range by the maximum, if this kind of value is capped.</summary>
    public virtual bool TryCap(T value, out T capped)
    {
        capped = value;
        return false;
    }
}
