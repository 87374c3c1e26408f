using System.Globalization;

namespace Orleans.Kpl.Settings;

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

    /// <summary>Reads a file.</summary>
    /// <param name="text">The file's text.</param>
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

        var text = property.KeepsBlanks ? pair.Value : pair.Value.Trim();
        if (_given.TryGetValue(property, out var earlier) && earlier.Text != text)
            _warnings.Add($"{source}: {earlier.Key} and {pair.Key} are one key and have different values; the last one counts, as in KPL");
        if (!property.IsText && text.EndsWith(';'))
        {
            _warnings.Add($"{source}: {pair.Key} is {SettingNames.Quote(text)}: taken without the semicolon, with which KPL itself does not start");
            text = text.TrimEnd(';', ' ');
        }

        _given[property] = (pair.Key, text);
    }

    private void Check(KplProperty property, string key, string text)
    {
        var setting = property.FindSetting();
        var (error, warning) = FindFault(property, setting, text);
        var value = setting is { IsSecret: true } ? "has a value that is not allowed" : $"is {SettingNames.Quote(text)}";
        if (error is not null)
            _errors.Add($"{source}: {key} {value}: {error}");
        else if (warning is not null)
            _warnings.Add($"{source}: {key} {value}: {warning}");
        else if (setting is FixedSetting unused && property.Name != KplPropertyTable.UserRecordTimeout
            && !text.Equals(property.KplDefault, StringComparison.OrdinalIgnoreCase))
            _warnings.Add($"{source}: {key} is accepted and has no effect: {unused.Description}");
    }

    private static (string? Error, string? Warning) FindFault(KplProperty property, KplSetting? setting, string text)
    {
        // KPL takes a bare number for each of these; a unit behind it would stop KPL.
        if (property.IsNumber && !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            return ($"expected is a whole number: {setting!.Range}", null);
        if (property.FindError is { } find)
            return (find(text), null);
        return setting switch
        {
            Setting<StreamOptions> s => Faults(s.Read(text)),
            Setting<KplOptions> s => Faults(s.Read(text)),
            Setting<KplEndpoint> s => Faults(s.Read(text)),
            _ => (text.Any(char.IsControl) ? "expected is text without control characters" : null, null),
        };
    }

    private static (string? Error, string? Warning) Faults<TOptions>(SettingReading<TOptions> reading) => (reading.Error, reading.Warning);

    private IEnumerable<KeyValuePair<KplSetting, string>> Settings()
    {
        foreach (var (property, (_, text)) in _given)
        {
            // Empty text is none; the alternative would be to set a default that another source may have changed.
            if (text.Length > 0 && property.Target is not null && property.Name != "RecordTtl" && property.FindSetting() is { } setting and not FixedSetting)
                yield return new(setting, text);
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
           select new KeyValuePair<KplSetting, string>(property.FindSetting()!, property.KplDefault),
    ];

    /// <summary>Whether metrics go to CloudWatch, as KPL's do unless the level is none.</summary>
    private bool UploadsMetrics() =>
        !_given.TryGetValue(KplPropertyTable.Find("MetricsLevel")!, out var level) || !level.Text.Equals("none", StringComparison.OrdinalIgnoreCase);
}
