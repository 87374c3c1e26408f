namespace Orleans.Kpl.Settings;

/// <summary>One key of KPL's properties file.</summary>
internal sealed class KplProperty
{
    /// <summary>Creates a row.</summary>
    /// <param name="name">The key, as KPL 1.0.7 reads it.</param>
    /// <param name="kplDefault">KPL's own default as text; empty for none.</param>
    /// <param name="oldNames">The names that older versions had for it.</param>
    public KplProperty(string name, string kplDefault, params string[] oldNames) => (Name, KplDefault, OldNames) = (name, kplDefault, oldNames);

    /// <summary>The key.</summary>
    public string Name { get; }

    /// <summary>KPL's own default as text; empty for none.</summary>
    public string KplDefault { get; }

    /// <summary>Names of older versions of KPL.</summary>
    public IReadOnlyList<string> OldNames { get; }

    /// <summary>The setting that it sets, by name or KPL's spelling of it; null where a key of KPL sets nothing here.</summary>
    public string? Target { get; init; }

    /// <summary>Whether KPL takes a whole number for it: milliseconds, bytes, per cent.</summary>
    public bool IsNumber { get; init; }

    /// <summary>Whether blanks at the end of the value belong to it.</summary>
    public bool KeepsBlanks { get; init; }

    /// <summary>What KPL allows where the setting here does not judge it; null for any text without control characters.</summary>
    public Func<string, string?>? FindError { get; init; }

    /// <summary>Whether any text may be its value; a semicolon at the end then belongs to it.</summary>
    public bool IsText { get; init; }

    /// <summary>The setting that it sets, or the known one that sets nothing.</summary>
    public KplSetting? FindSetting() => SettingNames.FindInProcess(Target ?? Name);
}
