namespace Orleans.Kpl.Settings;

/// <summary>The result of reading one setting's text: an error, or a change of the options, perhaps with a warning.</summary>
internal readonly record struct SettingReading<TOptions>(Action<TOptions>? Apply, string? Error, string? Warning);

/// <summary>A setting of one kind of options.</summary>
internal abstract class Setting<TOptions> : KplSetting
{
    private protected Setting(string name, KplSettingScope scope, string description, string[] aliases)
        : base(name, scope, description, aliases)
    {
    }

    /// <summary>Reads the text. Errors and warnings are worded to follow "Kpl:NAME is 'TEXT': ".</summary>
    internal abstract SettingReading<TOptions> Read(string text);

    /// <summary>Returns the value as text that <see cref="Read"/> accepts.</summary>
    internal abstract string Show(TOptions options);

    /// <summary>Describes what is wrong with the value; null when it is allowed.</summary>
    internal abstract string? FindError(TOptions options);
}

/// <summary>A setting of one kind of options with values of one type.</summary>
internal sealed class Setting<TOptions, T> : Setting<TOptions>
    where TOptions : new()
{
    private readonly SettingValue<T> _value;
    private readonly Func<TOptions, T> _get;
    private readonly Action<TOptions, T> _set;

    public Setting(
        string name,
        KplSettingScope scope,
        string description,
        SettingValue<T> value,
        Func<TOptions, T> get,
        Action<TOptions, T> set,
        string[] aliases,
        bool isSecret = false)
        : base(name, scope, description, aliases)
    {
        _value = value;
        _get = get;
        _set = set;
        IsSecret = isSecret;
    }

    public SettingValue<T> Value => _value;

    public override string Default => _value.Format(_get(new TOptions()));

    public override string Range => _value.Range;

    public override string? Cap => _value.Cap;

    internal override SettingReading<TOptions> Read(string text)
    {
        if (!_value.TryParse(text, out var value))
            return new(null, $"expected is {_value.Expected}: {_value.Range}", null);
        if (_value.TryCap(value, out var capped))
            return new(o => _set(o, capped), null, $"taken as {_value.Format(capped)}, the most that is possible");
        if (!_value.IsAllowed(value))
            return new(null, _value.Refusal(value), null);
        return new(o => _set(o, value), null, null);
    }

    internal override string Show(TOptions options) => _value.Format(_get(options));

    internal override string? FindError(TOptions options) => _value.IsAllowed(_get(options)) ? null : _value.Refusal(_get(options));
}
