using System.Collections;
using Orleans.Kpl.Validation;

namespace Orleans.Kpl.Settings;

/// <summary>
/// The settings of one kind of options, in the order in which they are best explained. Whoever reads texts reads them by such a table: sections of
/// configuration, properties files, command lines.
/// </summary>
/// <param name="prefix">What stands before a name in messages, such as <c>Kpl:</c>.</param>
internal sealed class SettingTable<TOptions>(string prefix = "Kpl:") : IReadOnlyCollection<Setting<TOptions>>
    where TOptions : new()
{
    private readonly List<Setting<TOptions>> _all = [];
    private readonly Dictionary<string, Setting<TOptions>> _byName = new(StringComparer.OrdinalIgnoreCase);

    public int Count => _all.Count;

    public void Add<T>(string name, string description, SettingValue<T> value, Func<TOptions, T> get, Action<TOptions, T> set, string alias = "") =>
        Add(new Setting<TOptions, T>(name, description, value, get, set, alias));

    public void Add(SettingTable<TOptions> others)
    {
        foreach (var setting in others)
            Add(setting);
    }

    /// <summary>Finds a setting by its name, in any case.</summary>
    public Setting<TOptions>? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Sets what is given, and returns every error.</summary>
    /// <param name="given">Names and texts; a null counts as not given.</param>
    public List<string> Read(TOptions options, IEnumerable<KeyValuePair<string, string?>> given)
    {
        var errors = new List<string>();
        foreach (var (name, text) in SettingLists.Join(given, IsList, errors))
        {
            if (text is null)
                continue;
            if (Find(name) is not { } setting)
            {
                errors.Add(Unknown(name));
                continue;
            }

            var (apply, error, _) = setting.Read(setting.IsSecret ? text : text.Trim());
            apply?.Invoke(options);
            if (error is not null)
                errors.Add(setting.Refuse(prefix + name, text, error));
        }

        return errors;
    }

    /// <summary>Returns what is wrong with the values, whoever has set them.</summary>
    public IEnumerable<string> Errors(TOptions options) => Check(options).Select(f => $"{prefix}{f.Setting} {f.Text}");

    /// <summary>Checks each value's own range.</summary>
    public IEnumerable<OptionsFinding> Check(TOptions options) =>
        from setting in _all
        let rule = setting.FindError(options)
        where rule is not null
        select new OptionsFinding(true, setting.Name, setting.Refuse("", setting.Show(options), rule).TrimStart());

    /// <summary>Returns an error for each name that is none of the settings'.</summary>
    public IEnumerable<string> FindUnknown(IEnumerable<KeyValuePair<string, string?>> given) =>
        SettingLists.Join(given.Where(static s => s.Value is not null), IsList, []).Where(s => Find(s.Key) is null).Select(s => Unknown(s.Key));

    /// <summary>Says which setting was probably meant. The value stays out of the message: it may be a secret under a misspelled name.</summary>
    private string Unknown(string name) =>
        $"{prefix}{name} is not known; {NearestSetting.Advice(NearestSetting.FindAmong(name, _all.Select(static s => s.Name)))}";

    public IEnumerator<Setting<TOptions>> GetEnumerator() => _all.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Add(Setting<TOptions> setting)
    {
        _all.Add(setting);
        _byName.Add(setting.Name, setting);
        if (setting.Alias.Length > 0)
            _byName[setting.Alias] = setting;
    }

    private bool IsList(string name) => Find(name) is { IsList: true };
}
