using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>The settings in KPL's properties.</summary>
/// <param name="Source">What messages call them.</param>
/// <param name="Settings">The settings and their texts; empty while there are errors.</param>
/// <param name="Defaults">KPL's own defaults for what they leave out.</param>
/// <param name="UploadsMetrics">Whether metrics go to CloudWatch.</param>
/// <param name="Errors">Values that are not allowed.</param>
/// <param name="Warnings">What works, but probably not as intended.</param>
internal sealed record KplPropertyReading(
    string Source,
    IReadOnlyList<KeyValuePair<KplSetting, string>> Settings,
    IReadOnlyList<KeyValuePair<KplSetting, string>> Defaults,
    bool UploadsMetrics,
    IReadOnlyList<string> Errors,
    IReadOnlyList<string> Warnings);

/// <summary>
/// Translates KPL's properties into settings. Every bad value is an error; unknown keys are warnings, as in KPL; what is left out has KPL's own
/// default where the library's differs.
/// </summary>
/// <param name="source">What messages call the file.</param>
internal sealed class KplPropertyReader(string source)
{
    private readonly List<string> _errors = [];
    private readonly List<string> _warnings = [];
    private readonly Dictionary<KplProperty, (string Key, string Text)> _given = [];

    /// <summary>Reads the text of a file.</summary>
    public KplPropertyReading Read(string text)
    {
        var malformed = new List<string>();
        foreach (var pair in JavaProperties.Read(text, malformed))
            Take(pair);
        _errors.AddRange(malformed.Select(e => $"{source}: {e}"));
        foreach (var (property, (key, value)) in _given)
            Check(property, key, value);
        return new(source, _errors.Count == 0 ? [.. Settings()] : [], Defaults(), UploadsMetrics(), _errors, _warnings);
    }

    /// <summary>Keeps the last value of a key, as Java does.</summary>
    private void Take(JavaProperty pair)
    {
        if (KplPropertyTable.Find(pair.Key) is not { } property)
        {
            // The value stays out of the message: it may be a secret under a misspelled name.
            var nearest = NearestSetting.FindAmong(pair.Key, KplPropertyTable.All.Select(static p => p.Name));
            _warnings.Add($"{source}: {SettingNames.Quote(pair.Key)} is no key of KPL and has no effect"
                + (nearest is null ? "" : $"; the nearest is {nearest}"));
            return;
        }

        // A password may end with a blank.
        var text = property.Name == "ProxyPassword" ? pair.Value : pair.Value.Trim();
        if (_given.TryGetValue(property, out var earlier) && earlier.Text != text)
            _warnings.Add($"{source}: {earlier.Key} and {pair.Key} are one key and have different values; the last one counts, as in KPL");
        if (!property.Setting.IsText && text.EndsWith(';'))
        {
            _warnings.Add($"{source}: {pair.Key} is {SettingNames.Quote(text)}: taken without the semicolon, with which KPL itself does not start");
            text = text.TrimEnd(';', ' ');
        }

        _given[property] = (pair.Key, text);
    }

    private void Check(KplProperty property, string key, string text)
    {
        var setting = property.Setting;
        var (error, warning) = FindFault(setting, text);
        if (error is not null)
            _errors.Add(setting.Refuse($"{source}: {key}", text, error));
        else if (warning is not null)
            _warnings.Add(setting.Refuse($"{source}: {key}", text, warning));
        else if (setting is FixedSetting unused && property.Name != KplPropertyTable.UserRecordTimeout
            && !text.Equals(property.KplDefault, StringComparison.OrdinalIgnoreCase))
            _warnings.Add($"{source}: {key} is accepted and has no effect: {unused.Description}");
    }

    private static (string? Error, string? Warning) FindFault(KplSetting setting, string text)
    {
        // KPL takes a bare number for each of these; a unit behind it would stop KPL.
        if (setting.IsNumber && !IsWhole(text))
            return ($"expected is a whole number: {setting.Range}", null);
        var (_, error, warning) = setting.ReadInProcess(text);
        return (error, warning);
    }

    /// <summary>Whether Java reads a text as a whole number.</summary>
    public static bool IsWhole(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private IEnumerable<KeyValuePair<KplSetting, string>> Settings()
    {
        foreach (var (property, (_, text)) in _given)
        {
            // Empty text is none; the alternative would be to set a default that another source may have changed.
            if (text.Length > 0 && property is { Name: not "RecordTtl", Setting: not FixedSetting })
                yield return new(property.Setting, text);
        }

        if (RecordTtl() is { } ttl)
            yield return new(SettingNames.FindInProcess("RecordTtl")!, ttl);
    }

    /// <summary>The time-to-live: KPL's own, or the earlier end at which KPL's caller gives the record up.</summary>
    private string? RecordTtl()
    {
        var property = KplPropertyTable.Find("RecordTtl")!;
        var given = _given.TryGetValue(property, out var pair) ? pair.Text : null;
        if (!_given.TryGetValue(KplPropertyTable.Find(KplPropertyTable.UserRecordTimeout)!, out var limit)
            || !long.TryParse(limit.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) || milliseconds <= 0
            || !long.TryParse(given ?? property.KplDefault, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ttl)
            || milliseconds >= ttl)
            return given;
        const int shortest = 100;
        if (milliseconds < shortest)
            _warnings.Add($"{source}: {KplPropertyTable.UserRecordTimeout} is '{limit.Text}': RecordTtl is lowered to {shortest} ms, the shortest that is possible");
        return Math.Max(milliseconds, shortest).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>KPL's defaults that are not the library's, where the file says nothing.</summary>
    private KeyValuePair<KplSetting, string>[] Defaults() =>
    [
        .. from name in (string[])["RateLimit", "MaxUserRecordSize", "MetricsGranularity"]
           let property = KplPropertyTable.Find(name)!
           where !_given.ContainsKey(property)
           select new KeyValuePair<KplSetting, string>(property.Setting, property.KplDefault),
    ];

    /// <summary>Whether metrics go to CloudWatch, as KPL's do unless the level is none.</summary>
    private bool UploadsMetrics() =>
        !_given.TryGetValue(KplPropertyTable.Find("MetricsLevel")!, out var level) || !level.Text.Equals("none", StringComparison.OrdinalIgnoreCase);
}
