namespace Orleans.Kpl.Settings;

/// <summary>Describes one setting.</summary>
/// <param name="name">The name relative to section <c>Kpl</c>, such as <c>RecordTtl</c> or <c>Kinesis:Region</c>.</param>
/// <param name="description">What the setting does; if it has no effect, why.</param>
/// <param name="alias">Another name for the same setting: KPL's own spelling. Empty for none.</param>
internal abstract class KplSetting(string name, string description, string alias = "")
{
    public string Name => name;

    public string Description => description;

    public string Alias => alias;

    /// <summary>The default as text; empty for none.</summary>
    public virtual string Default => "";

    /// <summary>The allowed values as text; empty if there is no restriction.</summary>
    public virtual string Range => "";

    /// <summary>The value that larger ones are taken as, in words; null where there is none.</summary>
    public virtual string? Cap => null;

    /// <summary>Whether the value must not be shown.</summary>
    public virtual bool IsSecret => false;

    /// <summary>Whether a text must not be shown: a secret, or one that may have a secret in it.</summary>
    public virtual bool Hides(string text) => IsSecret;

    /// <summary>Whether it is a number, or a duration: a bare number in milliseconds.</summary>
    public virtual bool IsNumber => false;

    /// <summary>Whether any text may be its value.</summary>
    public virtual bool IsText => false;

    /// <summary>Whether its value is a list, which a file may have as one.</summary>
    public virtual bool IsList => false;

    /// <summary>Reads the text for a process' options, which have those of its streams.</summary>
    public abstract SettingReading<KplOptions> ReadInProcess(string text);

    /// <summary>Says what is wrong with a text, without the text of a secret.</summary>
    /// <param name="path">The name under which it was given, as the message shows it.</param>
    public string Refuse(string path, string text, string rule) =>
        $"{path} {(Hides(text) ? "has a value that is not allowed" : $"is {SettingNames.Quote(text)}")}: {rule}";
}

/// <summary>The result of reading one setting's text: an error, or a change of the options, perhaps with a warning.</summary>
internal readonly record struct SettingReading<TOptions>(Action<TOptions>? Apply, string? Error, string? Warning);

/// <summary>A setting of one kind of options.</summary>
internal abstract class Setting<TOptions>(string name, string description, string alias) : KplSetting(name, description, alias)
{
    /// <summary>Reads the text. Errors and warnings are worded to follow "Kpl:NAME is 'TEXT': ".</summary>
    public abstract SettingReading<TOptions> Read(string text);

    public override SettingReading<KplOptions> ReadInProcess(string text)
    {
        var (apply, error, warning) = Read(text);
        return new((Delegate?)apply as Action<KplOptions>, error, warning);
    }

    /// <summary>Returns the value as text that <see cref="Read"/> accepts.</summary>
    public abstract string Show(TOptions options);

    /// <summary>Describes what is wrong with the value; null when it is allowed.</summary>
    public abstract string? FindError(TOptions options);
}

/// <summary>A setting of one kind of options with values of one type.</summary>
internal sealed class Setting<TOptions, T>(
    string name, string description, SettingValue<T> value, Func<TOptions, T> get, Action<TOptions, T> set, string alias)
    : Setting<TOptions>(name, description, alias)
    where TOptions : new()
{
    public SettingValue<T> Value => value;

    public override string Default => value.Format(get(new TOptions()));

    public override string Range => value.Range;

    public override string? Cap => value.Cap;

    public override bool IsSecret => value.IsSecret;

    public override bool Hides(string text) => value.Hides(text);

    public override bool IsNumber => value is WholeNumber or Duration;

    public override bool IsText => value is Text;

    public override bool IsList => value.IsList;

    public override SettingReading<TOptions> Read(string text)
    {
        if (!value.TryParse(text, out var read))
            return new(null, $"expected is {value.Expected}: {value.Range}", null);
        if (value.TryCap(read, out var capped))
            return new(o => set(o, capped), null, $"taken as {value.Format(capped)}, the most that is possible");
        return value.IsAllowed(read) ? new(o => set(o, read), null, null) : new(null, value.Refusal(read) + UnitOf(text), null);
    }

    /// <summary>Tells the unit that was read where none was written: few who write 5 mean milliseconds.</summary>
    private string UnitOf(string text) =>
        value is Duration && text != "0" && text.All(char.IsAsciiDigit) ? "; a number without a unit is milliseconds" : "";

    public override string Show(TOptions options) => value.Format(get(options));

    public override string? FindError(TOptions options) => value.IsAllowed(get(options)) ? null : value.Refusal(get(options));
}
