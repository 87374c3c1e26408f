namespace Orleans.Kpl.Settings;

/// <summary>A duration in the text form of <see cref="DurationText"/>.</summary>
internal sealed class Duration(TimeSpan min, TimeSpan max, bool caps = false) : OrderedValue<TimeSpan>(min, max, caps)
{
    public override string Expected => "a duration such as 250 (milliseconds), 100ms, 5s, 2m or 1h";

    public override bool TryParse(string text, out TimeSpan value) => DurationText.TryParse(text, out value);

    protected override string Start => InWords(Min);

    protected override string InWords(TimeSpan value) => DurationText.InWords(value);

    public override string Format(TimeSpan value) => DurationText.Format(value);
}
