using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Validation;

/// <summary>Checks that each value is within its own range, by the table of settings.</summary>
internal static class RangeValidator
{
    public static IEnumerable<OptionsFinding> Check<TOptions>(IEnumerable<Setting<TOptions>> settings, TOptions options)
    {
        foreach (var setting in settings)
        {
            if (setting.FindError(options) is not { } rule)
                continue;
            yield return setting.IsSecret
                ? OptionsFinding.Error(setting.Name, $"has a value that is not allowed: {rule}")
                : OptionsFinding.Error(setting.Name, $"is {SettingNames.Quote(setting.Show(options))}: {rule}");
        }
    }
}
